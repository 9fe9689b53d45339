import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import type { CurvePoint } from "../wire/types";
import classes from "./Curve.module.css";
import { percent } from "./words";

export interface CurveSeries {
  name: string;
  points: readonly CurvePoint[];
  colour: string;
  dash?: number[];
  band: boolean;
}

export interface CurveProps {
  series: readonly CurveSeries[];
  target: number | null;
  label: string;
}

const HEIGHT = 280;

/** Shares against labels: lines with bands, the target as a dashed line, and the same as a table. */
export function Curve({ series, target, label }: CurveProps) {
  const place = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");
  const [at, setAt] = useState<number | null>(null);
  const { data, labels } = useMemo(() => aligned(series), [series]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme changes what the variables mean
  useEffect(() => {
    const node = place.current;
    if (!node) return;
    const plot = new uPlot(options(series, target, node, setAt), data, node);
    const observer = new ResizeObserver(() => plot.setSize({ width: node.clientWidth, height: HEIGHT }));
    observer.observe(node);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [data, series, target, scheme]);

  const shown = at ?? labels.length - 1;
  return (
    <div>
      <div ref={place} className={classes.curve} role="img" aria-label={label} />
      <p className={classes.legend}>
        <span>{labels[shown] === undefined ? "" : `At ${labels[shown]} labels:`}</span>
        {series.map(({ name, points, colour, dash }) => (
          <span key={name}>
            <i style={{ borderColor: `var(${colour})`, borderTopStyle: dash ? "dashed" : "solid" }} />
            {name} {pointInWords(points.find((point) => point.labels === labels[shown]))}
          </span>
        ))}
      </p>
      <CurveTable series={series} />
    </div>
  );
}

function pointInWords(point: CurvePoint | undefined): string {
  return point ? `${percent(point.estimate)} (${percent(point.low)} to ${percent(point.high)})` : "";
}

function CurveTable({ series }: { series: readonly CurveSeries[] }) {
  return (
    <details className={classes.table}>
      <summary>As a table</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Questions</th>
            <th scope="col">Labels</th>
            <th scope="col">Right</th>
            <th scope="col">Between</th>
          </tr>
        </thead>
        <tbody>
          {series.flatMap(({ name, points }) =>
            points.map((point) => (
              <tr key={`${name} ${point.labels}`}>
                <td>{name}</td>
                <td>{point.labels}</td>
                <td>{percent(point.estimate)}</td>
                <td>
                  {percent(point.low)} and {percent(point.high)}
                </td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </details>
  );
}

/** One common axis of labels; three columns a series: low, high, estimate. */
function aligned(series: readonly CurveSeries[]): { data: uPlot.AlignedData; labels: number[] } {
  const labels = [...new Set(series.flatMap(({ points }) => points.map((point) => point.labels)))].sort(
    (a, b) => a - b,
  );
  const columns = series.flatMap(({ points }) => {
    const by = new Map(points.map((point) => [point.labels, point]));
    return (["low", "high", "estimate"] as const).map((part) =>
      labels.map((label) => by.get(label)?.[part] ?? null),
    );
  });
  return { data: [labels, ...columns], labels };
}

function options(
  series: readonly CurveSeries[],
  target: number | null,
  node: HTMLElement,
  setAt: (at: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(node);
  const variable = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: variable("--ink-3"),
    grid: { stroke: variable("--line"), width: 1 },
    ticks: { show: false },
    font: "12px Inter Variable, sans-serif",
  };
  return {
    width: node.clientWidth || 600,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { time: false },
      y: { range: (_, low) => [Math.max(0, Math.floor((low ?? 0) * 10) / 10 - 0.05), 1] },
    },
    axes: [
      {
        ...axis,
        label: "labels",
        labelSize: 20,
        labelFont: "12px Inter Variable, sans-serif",
        grid: { show: false },
      },
      { ...axis, size: 50, values: (_, values) => values.map((value) => percent(value)) },
    ],
    series: [
      {},
      ...series.flatMap(({ colour, dash, points }) => {
        const stroke = variable(colour);
        const edge = { stroke: "transparent", spanGaps: true, points: { show: false } };
        return [
          edge,
          edge,
          {
            stroke,
            width: 2.5,
            dash,
            spanGaps: true,
            points: { show: points.length < 3, size: 7, fill: stroke },
          },
        ];
      }),
    ],
    bands: series.flatMap(({ colour, band }, at) =>
      band
        ? [
            {
              series: [at * 3 + 2, at * 3 + 1] as [number, number],
              fill: `color-mix(in srgb, ${variable(colour)} 18%, transparent)`,
            },
          ]
        : [],
    ),
    hooks: {
      setCursor: [(plot) => setAt(plot.cursor.idx ?? null)],
      draw: [(plot) => drawTarget(plot, target, variable("--curve-target"))],
    },
  };
}

function drawTarget(plot: uPlot, target: number | null, colour: string): void {
  if (target === null) return;
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(target, "y", true));
  const ratio = window.devicePixelRatio || 1;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = 1.5 * ratio;
  ctx.setLineDash([6 * ratio, 4 * ratio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = `${12 * ratio}px Inter Variable, sans-serif`;
  ctx.textAlign = "right";
  ctx.fillText(`target ${percent(target)}`, bbox.left + bbox.width - 4 * ratio, y - 5 * ratio);
  ctx.restore();
}

import { Button, Popover, Slider, UnstyledButton } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { zoom as zoomAction } from "../actions";
import { ActionButton } from "../ui/ActionButton";
import buttonClasses from "../ui/ActionButton.module.css";
import { Icon } from "../ui/Icon";
import { useDesk } from "../ui/useDesk";
import { useStore } from "../ui/useStore";
import type { Content } from "../wire/types";
import classes from "./Image.module.css";
import { usePan } from "./usePan";

interface Size {
  width: number;
  height: number;
}

/** Images with no side longer than this are shown as large square pixels. */
const TINY = 160;

/** A picture that can be zoomed (key, wheel, pinch), moved and lit. */
export function ImageItem({ content, name }: { content: Content; name: string }) {
  const face = useDesk().face;
  const zoom = useStore(face.zoom);
  const light = useStore(face.light);
  const [size, setSize] = useState<{ url: string; width: number; height: number } | null>(null);
  const [broken, setBroken] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState({ width: 640, height: 420 });
  const { at, handlers } = usePan(frame, zoom, face.zoom.set);
  const url = content.url ?? "";

  useEffect(() => {
    const node = frame.current;
    if (!node || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(() =>
      setRoom({ width: node.clientWidth, height: node.clientHeight }),
    );
    observer.observe(node);
    return () => observer.disconnect();
  }, []);

  if (broken) return <p className={classes.broken}>The picture could not be loaded: {String(name)}</p>;
  const tiny = size !== null && Math.max(size.width, size.height) <= TINY;
  return (
    <div className={classes.image}>
      <div ref={frame} className={classes.frame} data-zoomed={zoom > 1 || undefined} {...handlers}>
        <img
          className={classes.picture}
          src={url}
          alt={`To be labelled: ${name}`}
          draggable={false}
          data-tiny={tiny || undefined}
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
            setSize({ url, width: naturalWidth || 300, height: naturalHeight || 300 })
          }
          onError={() => setBroken(true)}
          style={{
            ...(size?.url === url ? fitted(size, room, tiny) : { visibility: "hidden" }),
            transform: `translate(${at.x}px, ${at.y}px) scale(${zoom})`,
            filter: lit(light),
          }}
        />
      </div>
      <ImageTools />
    </div>
  );
}

function lit({ brightness, contrast }: { brightness: number; contrast: number }): string | undefined {
  if (brightness === 100 && contrast === 100) return undefined;
  return `brightness(${brightness}%) contrast(${contrast}%)`;
}

/** A tiny picture grows by a whole factor, so that all its pixels are equally large; others only shrink. */
function fitted(size: Size, room: Size, tiny: boolean): Size {
  const fit = Math.min(room.width / size.width, Math.max(160, room.height) / size.height);
  const factor = tiny
    ? Math.max(1, Math.floor(Math.min(fit, 480 / Math.max(size.width, size.height))))
    : Math.min(fit, 2);
  return { width: size.width * factor, height: size.height * factor };
}

function ImageTools() {
  const face = useDesk().face;
  const light = useStore(face.light);
  const changed = light.brightness !== 100 || light.contrast !== 100;
  return (
    <div className={classes.tools}>
      <Popover position="top-end" shadow="md" radius="md" trapFocus>
        <Popover.Target>
          <UnstyledButton
            className={buttonClasses.button}
            data-only-icon
            data-lit={changed || undefined}
            aria-label="Brightness and contrast"
          >
            <Icon name="bright" />
          </UnstyledButton>
        </Popover.Target>
        <Popover.Dropdown>
          <div className={classes.sliders}>
            {(["brightness", "contrast"] as const).map((part) => (
              <div key={part}>
                <label htmlFor={`light-${part}`}>{part === "brightness" ? "Brightness" : "Contrast"}</label>
                <Slider
                  thumbProps={{ id: `light-${part}` }}
                  thumbLabel={part}
                  min={20}
                  max={300}
                  step={10}
                  value={light[part]}
                  label={(value) => `${value} %`}
                  onChange={(value) => face.light.update((now) => ({ ...now, [part]: value }))}
                />
              </div>
            ))}
            <Button
              size="xs"
              variant="default"
              disabled={!changed}
              onClick={() => face.light.set({ brightness: 100, contrast: 100 })}
            >
              As it was
            </Button>
          </div>
        </Popover.Dropdown>
      </Popover>
      <ActionButton action={zoomAction} onlyIcon />
    </div>
  );
}

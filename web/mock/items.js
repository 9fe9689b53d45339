import { chance } from "./chance.js";
import { png } from "./png.js";

const NEWS = {
  World: {
    who: [
      "The foreign minister",
      "A delegation of observers",
      "The peace envoy",
      "Parliament",
      "The border commission",
    ],
    did: [
      "agreed to resume talks on",
      "postponed the vote about",
      "called for calm after a dispute over",
      "signed a short protocol on",
    ],
    what: [
      "river water",
      "the northern crossing",
      "refugee housing",
      "the ceasefire line",
      "fishing grounds",
    ],
  },
  Sports: {
    who: [
      "The home side",
      "A nineteen-year-old sprinter",
      "The defending champions",
      "The visiting goalkeeper",
      "The rowing eight",
    ],
    did: [
      "came from behind to win",
      "lost narrowly in extra time of",
      "set a season's best in",
      "withdrew injured from",
    ],
    what: [
      "the cup final",
      "the regional relay",
      "a rain-soaked derby",
      "the opening round",
      "the autumn regatta",
    ],
  },
  Business: {
    who: [
      "The airline",
      "A maker of garden tools",
      "The central bank",
      "The country's second grocer",
      "A shipping group",
    ],
    did: ["raised its forecast after", "will cut four hundred jobs despite", "shrugged off", "is to pay for"],
    what: [
      "a rise in fuel prices",
      "strong quarterly sales",
      "a weak currency",
      "the merger's delay",
      "higher rents",
    ],
  },
  "Sci/Tech": {
    who: [
      "Astronomers",
      "A small software house",
      "Marine biologists",
      "The makers of a popular browser",
      "Engineers",
    ],
    did: [
      "have found an unexpected use for",
      "published the first map of",
      "patched a flaw in",
      "measured for the first time",
    ],
    what: [
      "deep-sea cables",
      "a dim nearby star",
      "wireless keyboards",
      "bacteria that eat rust",
      "battery-powered gliders",
    ],
  },
};

const TAILS = [
  "Officials said that details would follow on Thursday.",
  "It was the third such announcement this year, and the first to be met with anything but silence.",
  "Shares, spirits and umbrellas were up.",
  "“We had hoped for more,” said one of those present, “but we shall take what we can get.”",
  "Analysts had expected the opposite.",
  "The full report runs to two hundred pages.",
];

const RTL =
  "أعلنت الشركة عن نتائج الربع الثالث، وقالت إن المبيعات ارتفعت بنسبة ستة في المئة مقارنة بالعام الماضي.";
const VERSE = "Roses are red,\n    violets are blue;\nthe model was sure,\n    and wrong about you.";

function texts(n) {
  const r = chance(11);
  const names = Object.keys(NEWS);
  return Array.from({ length: n }, (_, at) => {
    const truth = r.of(names);
    const { who, did, what } = NEWS[truth];
    const other = NEWS[r.of(names)];
    const subject = r.next() < 0.12 ? r.of(other.who) : r.of(who);
    const long = Array.from({ length: r.below(4) }, () => r.of(TAILS)).join(" ");
    let text = `${subject} ${r.of(did)} ${r.of(what)}. ${long}`.trim();
    if (at === 4) text = RTL;
    if (at === 6) text = VERSE;
    return {
      id: at,
      truth,
      content: { kind: "text", text, url: null, fields: [], meta: [{ name: "line", value: String(at + 1) }] },
    };
  });
}

const SHAPES = {
  circle: (x, y) => Math.hypot(x, y) < 0.62,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.55,
  cross: (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.16 && Math.max(Math.abs(x), Math.abs(y)) < 0.7,
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 0.52) < 0.14,
  triangle: (x, y) => y < 0.5 && y > -0.62 + Math.abs(x) * 1.9,
  bar: (x, y) => Math.abs(y - x * 0.3) < 0.15 && Math.abs(x) < 0.75,
};

function drawing(r, shape, size) {
  const pixels = new Uint8Array(size * size);
  const turn = r.normal() * 0.2;
  const scale = 1 + r.normal() * 0.1;
  for (let y = 0; y < size; y += 1)
    for (let x = 0; x < size; x += 1) {
      const u = ((x + 0.5) / size) * 2 - 1;
      const v = ((y + 0.5) / size) * 2 - 1;
      const inside = SHAPES[shape](
        (u * Math.cos(turn) - v * Math.sin(turn)) * scale,
        (u * Math.sin(turn) + v * Math.cos(turn)) * scale,
      );
      pixels[y * size + x] = Math.max(0, Math.min(255, (inside ? 205 : 12) + r.normal() * 18));
    }
  return png(size, size, 1, pixels);
}

function scene(r, width, height) {
  const pixels = new Uint8Array(width * height * 3);
  const horizon = 0.45 + r.normal() * 0.08;
  const sun = [0.2 + r.next() * 0.6, 0.15 + r.next() * 0.2];
  const [warm, cool] = [r.next(), r.next()];
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const [u, v] = [x / width, y / height];
      const ridge = horizon + 0.06 * Math.sin(u * 9 + warm * 9) + 0.03 * Math.sin(u * 23 + cool * 20);
      const glow = Math.exp(-60 * ((u - sun[0]) ** 2 + (v - sun[1]) ** 2));
      const sky = [120 + 110 * v + 90 * glow, 150 + 60 * v + 70 * glow, 205 - 40 * v * warm + 20 * glow];
      const land = [40 + 50 * warm * v, 70 + 60 * v, 50 + 60 * cool * (1 - v)];
      const colour = v < ridge ? sky : land;
      for (let c = 0; c < 3; c += 1)
        pixels[(y * width + x) * 3 + c] = Math.max(0, Math.min(255, colour[c] + r.normal() * 3));
    }
  return png(width, height, 3, pixels);
}

function images(n) {
  const r = chance(5);
  return Array.from({ length: n }, (_, at) => {
    const truth = r.of(Object.keys(SHAPES));
    const wide = at % 9 === 5;
    const size = wide ? "640 × 420" : "28 × 28";
    return {
      id: `shape-${String(at).padStart(4, "0")}.png`,
      truth,
      picture: wide ? scene(r, 640, 420) : drawing(r, truth, 28),
      content: {
        kind: "image",
        text: null,
        url: `/api/media/shape-${String(at).padStart(4, "0")}.png`,
        fields: [],
        meta: [{ name: "size", value: size }],
      },
    };
  });
}

function rows(n) {
  const r = chance(3);
  const kinds = { ordinary: 0, unusual: 1.6, suspicious: 3.2 };
  return Array.from({ length: n }, (_, at) => {
    const truth = r.of(Object.keys(kinds));
    const far = kinds[truth];
    const fields = [
      [
        "merchant",
        r.of(["Nordlicht Books", "Café Amsel", "Harbour Fuel 24", "كتب الجامعة", "Green & Sons Ironmongers"]),
      ],
      ["amount", (12 + Math.abs(r.normal()) * 40 * (1 + far)).toFixed(2)],
      ["currency", r.of(["EUR", "EUR", "GBP", "CHF"])],
      ["hour", String(Math.floor(Math.abs(13 + r.normal() * 3 + far * 3)) % 24)],
      ["distance from home, km", Math.abs(r.normal() * 8 * (1 + far * far)).toFixed(1)],
      ["card present", r.of(far > 2 ? ["no", "no", "yes"] : ["yes", "yes", "no"])],
      ["days since last purchase", r.next() < 0.1 ? "" : String(r.below(30))],
      [
        "remark",
        r.next() < 0.3
          ? "Second attempt after a wrong PIN; the customer called the hotline ten minutes later."
          : "",
      ],
    ].map(([name, value]) => ({ name, value }));
    return { id: `T${10000 + at}`, truth, content: { kind: "row", text: null, url: null, fields, meta: [] } };
  });
}

const COUNTRIES =
  "Argentina Australia Austria Belgium Brazil Canada Chile Colombia Denmark Egypt Ethiopia Finland France Germany Ghana Greece Hungary Iceland India Indonesia Ireland Italy Japan Kenya Mexico Morocco Netherlands Nigeria Norway Peru Poland Portugal Spain Sweden Switzerland Thailand Tunisia Türkiye Ukraine Uruguay Vietnam".split(
    " ",
  );

function many(n) {
  const r = chance(8);
  return texts(n).map((item) => ({
    ...item,
    truth: r.of(COUNTRIES),
    content: { ...item.content, text: `${item.content.text} (from ${r.of(COUNTRIES)})` },
  }));
}

/** The collections of the mock: what is asked about, and the classes. */
export const COLLECTIONS = {
  text: () => ({ title: "Evening news", items: texts(400), classes: Object.keys(NEWS) }),
  image: () => ({ title: "Shapes", items: images(240), classes: Object.keys(SHAPES) }),
  row: () => ({ title: "Card payments", items: rows(300), classes: ["ordinary", "unusual", "suspicious"] }),
  many: () => ({ title: "Which country?", items: many(300), classes: COUNTRIES }),
};

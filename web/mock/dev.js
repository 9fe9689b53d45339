import { createServer } from "vite";

// The page with hot reloading, over the mock: everything of one `npm run dev`.
if (!process.env.QUERIST_SERVER) await import("./serve.js");
const vite = await createServer();
await vite.listen();
vite.printUrls();

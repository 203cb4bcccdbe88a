// Bundles src/ into dist/, which the Go package embeds. `npm run build`.
import { build } from "esbuild";

await build({
  entryPoints: { app: "src/main.ts", style: "src/style.css" },
  outdir: "dist",
  bundle: true,
  minify: true,
  target: ["es2022", "chrome123", "firefox120", "safari17.5"],
  logLevel: "info",
});

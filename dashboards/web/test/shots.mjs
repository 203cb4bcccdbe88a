// Photographs the pages for the documents: node test/shots.mjs BASE_URL FOLDER
// (make docs does it). The dark theme, in English, after the pictures have come.
import { chromium } from "playwright-core";

const [base, folder] = process.argv.slice(2);
const shots = [
  ["wall", "/wall", 1920, 1080],
  ["overview", "/", 1440, 900],
  ["host", "/hosts/db1", 1440, 1800],
];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  for (const [name, path, width, height] of shots) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: "dark", locale: "en" });
    const page = await context.newPage();
    const answer = await page.goto(base + path, { waitUntil: "load" });
    if (answer.status() !== 200) throw new Error(`${path}: status ${answer.status()}`);
    await page.waitForTimeout(2500); // the wall's first beat
    const missing = await page.evaluate(() => [...document.images].filter((i) => !i.complete || i.naturalWidth === 0).map((i) => i.currentSrc));
    if (missing.length) throw new Error(`${path}: pictures missing: ${missing}`);
    await page.screenshot({ path: `${folder}/${name}.png` });
    console.log(`wrote docs/images/${name}.png`);
    await context.close();
  }
} finally {
  await browser.close();
}

// Starts Debian's chromium for the tests, with a profile of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP *.localhost 127.0.0.1"];

export async function open() {
  const dir = mkdtempSync(join(tmpdir(), "monitord-chromium-"));
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launchPersistentContext(dir, { executablePath, headless: true, args, viewport: null }).catch((err) => {
    throw new Error(`cannot start ${executablePath} (apt-get install -y --no-install-recommends chromium): ${err.message}`);
  });
  return {
    context: browser,
    browser: browser.browser(),
    async close() {
      await browser.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

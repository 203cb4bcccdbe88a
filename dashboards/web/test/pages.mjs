// Opens every page in chromium and holds it to the promises of README.md.
//
//   node test/pages.mjs                       all scenes of `go run ./dashboards/webtest`
//   BASE_URL=http://127.0.0.1:8460 node …     a real server: its own hosts and incidents
//   ONLY=storm,hostile                        only these scenes
//   SHOTS=DIR                                 keeps a screenshot of each page there
//   WEBTEST=FILE                              a built webtest, instead of `go run`
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer, connect } from "node:net";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const root = fileURLToPath(new URL("../../..", import.meta.url));
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const widths = [[390, 844], [1440, 900], [3840, 2160]];
const faults = [];
let checks = 0;

function expect(ok, what) {
  checks++;
  if (!ok) {
    faults.push(what);
    console.log("not ok", what);
  }
}

/** Starts the made-up server; resolves with its port. */
async function startScenes() {
  const command = process.env.WEBTEST ? [process.env.WEBTEST] : ["go", "run", "./dashboards/webtest"];
  const child = spawn(command[0], [...command.slice(1), "-listen", "127.0.0.1:0", "-beat", "2s"], { cwd: root, stdio: ["ignore", "pipe", "inherit"], detached: true });
  const line = await new Promise((resolve, reject) => {
    child.stdout.once("data", (d) => resolve(String(d)));
    child.once("exit", (code) => reject(new Error(`webtest ended with ${code}`)));
  });
  return { port: Number(new URL(line.trim()).port), stop: () => process.kill(-child.pid, "SIGINT") };
}

/** A relay whose connections can be cut, so that the stream really ends. */
async function startRelay(port) {
  const open = new Set();
  let cut = false;
  const server = createServer((from) => {
    if (cut) return from.destroy();
    const to = connect(port, "127.0.0.1");
    for (const s of [from, to]) {
      open.add(s);
      s.on("error", () => {}).on("close", () => { open.delete(s); from.destroy(); to.destroy(); });
    }
    from.pipe(to).pipe(from);
  });
  await new Promise((r) => server.listen(0, "127.0.0.1", r));
  return {
    port: server.address().port,
    cut() { cut = true; for (const s of open) s.destroy(); },
    mend() { cut = false; },
    close() { cut = true; for (const s of open) s.destroy(); server.close(); },
  };
}

/** Opens a page and takes every complaint of the console as a fault, but those
 * of an address that does not answer, or refuses: cut streams, stores and wrong forms are on purpose here. */
async function visit(browser, base, path, { width, height, theme, lang, scripts = true }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, locale: lang, javaScriptEnabled: scripts });
  const page = await context.newPage();
  const name = `${base}${path} ${width}px ${theme} ${lang}`;
  page.on("console", (m) => { if (m.type() === "error" && !/503|404|422|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION|ERR_SOCKET_NOT_CONNECTED|ERR_EMPTY_RESPONSE/.test(m.text())) expect(false, `${name}: console: ${m.text()}`); });
  page.on("pageerror", (e) => expect(false, `${name}: ${e.message}`));
  page.on("dialog", (d) => { expect(false, `${name}: a dialog opened: a name was run as code`); void d.dismiss(); });
  const answer = await page.goto(base + path, { waitUntil: "load" });
  return { context, page, name, answer };
}

/** What axe-core finds serious, as lines. */
async function serious(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "best-practice"] }));
  return found.violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 160)} ${v.nodes[0].failureSummary?.slice(0, 200)}`);
}

async function checkPage(browser, base, path, look, shot) {
  const { context, page, name, answer } = await visit(browser, base, path, look);
  expect(answer.status() === 200, `${name}: status ${answer.status()}`);
  expect((await page.getAttribute("html", "lang")) === look.lang, `${name}: lang is not ${look.lang}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over <= 0, `${name}: ${over} px too wide`);
  const broken = await page.evaluate(() => [...document.images].filter((i) => !i.complete || i.naturalWidth === 0).map((i) => i.currentSrc));
  if (!base.includes("broken.")) expect(broken.length === 0, `${name}: pictures missing: ${broken}`);
  if (look.width < 3000 && (look.theme === "light") === (look.lang === "en")) for (const v of await serious(page)) expect(false, `${name}: ${v}`);
  if (path === "/wall" && look.width > 1000) {
    const cutOff = await page.evaluate(() => [...document.querySelectorAll(".tile, .w-top, .w-count")].filter((e) => (e.matches(".tile") && e.scrollHeight > e.clientHeight + 2) || e.scrollWidth > e.clientWidth + 2).map((e) => e.className));
    expect(cutOff.length === 0, `${name}: cut off: ${cutOff.join("; ")}`);
  }
  if (process.env.SHOTS && look.width < 3000) await page.screenshot({ path: `${process.env.SHOTS}/${shot}-${look.width}-${look.theme}-${look.lang}.png`, fullPage: path !== "/wall" });
  await context.close();
}

/** Every page of a server, with a host and an incident that it really has. */
async function pathsOf(base) {
  const get = async (what) => (await fetch(base.replace(/\/\/\w+\.localhost/, "//127.0.0.1") + `/api/monitord/${what}`, { headers: {} })).json();
  const paths = ["/", "/hosts", "/services", "/incidents", "/logs", "/logs/search", "/events", "/downtimes", "/availability", "/wall"];
  const { hosts } = await get("hosts");
  if (hosts[0]) paths.push(`/hosts/${encodeURIComponent(hosts[0].host)}`);
  if ((await get("capacity")).limits) paths.push("/capacity");
  const { incidents } = await get("incidents");
  const { services, trees } = await get("availability");
  if (services[0]) paths.push(`/availability?service=${encodeURIComponent(services[0].service)}`);
  if (trees[0]) paths.push(`/availability?tree=${encodeURIComponent(trees[0].tree)}`);
  if (incidents[0]) paths.push(`/incidents/${incidents[0].id}`);
  return paths;
}

const each = [["light", "en"], ["dark", "ja"], ["light", "ja"], ["dark", "en"]]; // themes with languages
const both = each.slice(0, 2); // every theme and every language; the other pairs add little but time
const one = [["dark", "ja"]];

async function checkLooks(browser, base, paths, shot, pairs) {
  for (const path of paths) {
    for (const [width, height] of widths) {
      for (const [theme, lang] of pairs) await checkPage(browser, base, path, { width, height, theme, lang }, shot + path.replaceAll(/[/?&%]/g, "_"));
    }
  }
}

/** The wall must turn stale when its stream is cut, and recover by itself. */
async function checkStale(browser, port) {
  const relay = await startRelay(port);
  const { context, page } = await visit(browser, `http://127.0.0.1:${relay.port}`, "/wall", { width: 1920, height: 1080, theme: "dark", lang: "ja" });
  await page.waitForTimeout(5000);
  expect(!(await page.locator(".wall.stale").count()), "wall: stale although the stream runs");
  relay.cut();
  await page.locator(".wall.stale").waitFor({ timeout: 35000 }).catch(() => expect(false, "wall: not stale after the stream was cut"));
  expect(await page.locator(".w-stale").isVisible(), "wall: the band is not seen");
  expect(/\d/.test(await page.locator(".age-big").innerText()), "wall: the band does not say the age");
  expect((await page.locator(".clock").innerText()) === "--:--", "wall: a stale wall still shows a time of day as if it were true");
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/wall-stale.png` });
  relay.mend();
  await page.locator(".wall:not(.stale)").waitFor({ timeout: 40000 }).catch(() => expect(false, "wall: did not recover"));
  await page.locator(".w-stale").waitFor({ state: "hidden", timeout: 3000 }).catch(() => expect(false, "wall: the band stays"));
  await context.close();
  relay.close();
}

/** A script that hangs cannot keep an old truth on the wall. */
async function checkHungScript(browser, base) {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
  const page = await context.newPage();
  await page.route("**/app.js", (r) => r.fulfill({ contentType: "text/javascript", body: "" }));
  await page.goto(base + "/wall");
  expect(!(await page.locator(".w-stale").isVisible()), "wall with a dead script: stale at once");
  await page.locator(".w-stale").waitFor({ state: "visible", timeout: 32000 }).catch(() => expect(false, "wall with a dead script: not stale after 30 s"));
  await context.close();
}

/** A form that somebody fills in survives the page's own refreshing, and is
 * sent without a script as well. */
async function checkForms(browser, base) {
  const { context, page } = await visit(browser, base, "/hosts/db1", { width: 1440, height: 900, theme: "light", lang: "en" });
  await page.locator("details.menu summary").first().click();
  await page.locator("details.menu input[name=reason]").first().fill("new disk");
  const before = await page.getAttribute("#live", "data-at");
  await page.locator("h1").click(); // nobody is typing any more
  await page.waitForFunction((at) => document.getElementById("live")?.dataset.at !== at, before, { timeout: 15000 }).catch(() => expect(false, "forms: the page does not refresh"));
  expect((await page.locator("details.menu[open] input[name=reason]").inputValue()) === "new disk", "forms: what was filled in is lost when the page refreshes");
  await context.close();
  const plain = await visit(browser, base, "/incidents/2201", { width: 390, height: 844, theme: "dark", lang: "ja", scripts: false });
  const button = await plain.page.locator(".thumb button").boundingBox();
  expect(button && button.height >= 52 && button.width > 200 && button.y + button.height <= 844, `forms: the safe button is not wide at the thumb: ${JSON.stringify(button)}`);
  await plain.page.locator(".thumb button").click();
  expect(plain.page.url().endsWith("/incidents/2201"), `forms: acknowledging went to ${plain.page.url()}`);
  await plain.page.goto(base + "/downtimes");
  await plain.page.locator("input[name=host]").fill("db1");
  await plain.page.locator("input[name=end]").fill("2001-01-01T00:00");
  await plain.page.locator(".plan button").click();
  expect((await plain.page.locator("input[name=host]").inputValue()) === "db1" && (await plain.page.locator(".plan").count()) === 1 && (await plain.page.locator("#new .fault").count()) === 1, "forms: a wrong downtime does not come back with its reason");
  await plain.context.close();
}

/** The page behind a signed link: for a thumb, without a script, in the language
 * of whom it was sent to. Looking takes nothing; pressing does, once. */
async function checkLinks(browser, base) {
  for (const [width, height] of widths) for (const theme of ["light", "dark"]) for (const lang of ["en", "ja"]) {
    for (const id of [2201, 2204]) await checkPage(browser, base, `/webtest/link/${id}/${lang}`, { width, height, theme, lang }, `link-${id}`);
  }
  const { context, page } = await visit(browser, base, "/webtest/link/2201/en", { width: 390, height: 844, theme: "light", lang: "ja", scripts: false });
  const button = await page.locator(".act button").boundingBox();
  expect(button && button.height >= 52 && button.width > 300 && button.y + button.height <= 844, `link: the button is not at the thumb: ${JSON.stringify(button)}`);
  await page.locator("input[name=reason]").fill("new disk");
  await page.locator(".act button").click();
  expect(/You have it now/.test(await page.locator(".answer").innerText()), "link: pressing does not take it");
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/link-taken.png`, fullPage: true });
  await page.reload();
  expect(/You have had it since/.test(await page.locator(".answer").innerText()), "link: pressed twice, it does not say who has it");
  await page.goto(base + "/webtest/link/2201/ja");
  expect((await page.locator("form").count()) === 0 && /noc/.test(await page.locator(".answer").innerText()), "link: another's link offers what is taken");
  await page.goto(base + "/ack/" + "a".repeat(56));
  expect((await page.locator("h1").innerText()).length > 0 && (await page.locator("form").count()) === 0, "link: a wrong link has a form");
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/link-wrong.png`, fullPage: true });
  await context.close();
}

/** What cannot be judged is a number on its cause, never a tile. */
async function checkUnreachable(browser, base) {
  const { context, page } = await visit(browser, base, "/wall", { width: 1920, height: 1080, theme: "dark", lang: "en" });
  expect((await page.locator(".tile.is-unreachable").count()) === 0, "wall: a tile for what is unreachable");
  expect((await page.locator(".tile .beh").allInnerTexts()).includes("+40"), "wall: the cause does not count what is behind it");
  await context.close();
}

const browser = await chromium.launch({ executablePath, headless: true, args }).catch((err) => {
  console.error(`cannot start ${executablePath}; apt-get install -y --no-install-recommends chromium fonts-ipafont-gothic\n${err.message}`);
  process.exit(1);
});
if (process.env.SHOTS) mkdirSync(process.env.SHOTS, { recursive: true });
let scenes;
try {
  if (process.env.BASE_URL) {
    const base = process.env.BASE_URL.replace(/\/$/, "");
    await checkLooks(browser, base, await pathsOf(base), "real", each);
    await checkStale(browser, Number(new URL(base).port || 80));
  } else {
    scenes = await startScenes();
    const at = (scene) => `http://${scene}.localhost:${scenes.port}`;
    const stale = Promise.all([checkStale(browser, scenes.port), checkHungScript(browser, at("night")), checkForms(browser, at("night")), checkUnreachable(browser, at("night")), checkLinks(browser, at("night"))]);
    const lists = ["/", "/hosts", "/services", "/incidents", "/logs", "/logs/search", "/events", "/downtimes", "/availability", "/wall"];
    const stories = {
      hostile: [...lists, "/logs/search?expr=", "/hosts/a%2Fb%3Fc%23d%252F", "/incidents/2200"],
      first: ["/", "/wall", "/hosts/myserver"],
      broken: ["/", "/hosts/db1", "/logs", "/downtimes", "/availability", "/wall"],
      storm: ["/", "/logs", "/wall"],
      calm: ["/", "/logs", "/wall"],
      missed: ["/", "/wall"],
      device: ["/hosts/%E5%A4%A7%E9%98%AA-sw1", "/hosts/%E5%A4%A7%E9%98%AA-sw1?if=uplink&unit=bytes", "/hosts/%E5%A4%A7%E9%98%AA-sw1/interfaces/Te1%2F1%2F1", "/hosts/%E5%A4%A7%E9%98%AA-sw1/interfaces/Backup%20link%2F%E5%8D%97%E6%A3%9F%20%232%20%5B50%25%5D", "/hosts/%E5%A4%A7%E9%98%AA-sw1/services/storage%5Bflash:%5D"],
      trends: ["/", "/capacity", "/hosts/%E6%9D%B1%E4%BA%AC-web3", "/hosts/db1/services/trend%5Bfilesystem%20%2Fvar%2Flib%2Fpgsql%5D", "/hosts/app1/services/trend%5Bload%5D", "/hosts/lb1/services/trend%5Brequests%20%E8%A6%8B%E7%A9%8D%5D", "/hosts/mail1/services/trend%5Bfree%20swap%5D", "/incidents/2200", "/wall"],
      frozen: ["/", "/actions", "/incidents/2201", "/wall"],
      empty: lists,
      night: [...lists, "/hosts/db1", "/incidents/2201", "/incidents/2204", "/incidents/2208", "/logs?host=db1&severity=error#lines", "/logs/search?expr=ata3|backup", "/downtimes?host=db1&check=pgsql", "/availability?tree=cloud", "/availability?service=db1/pgsql&downtime=excluded"],
    };
    const wanted = process.env.ONLY?.split(",") ?? Object.keys(stories);
    for (const scene of wanted) await checkLooks(browser, at(scene), stories[scene], scene, { night: each, trends: both }[scene] ?? one);
    await stale;
  }
} finally {
  await browser.close();
  scenes?.stop();
}
console.log(`pages: checks=${checks} faults=${faults.length}`);
process.exit(faults.length ? 1 : 0);

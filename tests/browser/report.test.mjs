// A run's page, as whoever gets it as a file opens it: no server, no network.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { axe, launch, out, overflows, shot } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** A report in a context of its own; fails if it asks for anything, or breaks its own policy. */
async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, bypassCSP: false, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) wrong.push(message.text()); });
  page.on("request", (request) => { if (!request.url().startsWith("file:")) wrong.push(request.url()); });
  await page.goto(pathToFileURL(join(out, "reports", `${name}.html`)).href);
  assert.deepEqual(wrong, [], name);
  return page;
}

const names = ["passed", "failed", "hostile"];

for (const scheme of ["light", "dark"]) {
  test(`a report is readable by anybody, ${scheme}`, async () => {
    for (const name of names) {
      const page = await open(name, { colorScheme: scheme });
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
      assert.deepEqual(await axe(page, "html"), [], name);
      await shot(page, `report-${name}-${scheme}`);
      await page.locator("svg").first().scrollIntoViewIfNeeded();
      await shot(page, `report-${name}-${scheme}-timeline`);
    }
  });
}

test("the verdict stands in the title, deviations before the steps, and failed steps are open", async () => {
  const page = await open("failed");
  assert.match(await page.title(), /^Failed/);
  const text = await page.evaluate(() => document.body.innerText);
  assert.ok(text.indexOf("Deviations") < text.indexOf("Timeline"), "what was not as planned comes first");
  assert.ok(await page.locator("[id='step.broken'] .sg-diff").isVisible(), "the difference can be seen without a click");
  assert.equal(await page.locator("[id='step.changed'] details[open]").count(), 0, "what passed is folded");
});

test("the copy button copies the command alone", async () => {
  const page = await open("passed", { permissions: ["clipboard-read", "clipboard-write"] });
  const button = page.locator("button.sg-copy:visible").first();
  const command = await button.evaluate((one) => one.closest(".sg-card").querySelector("pre.sg-command > code").textContent);
  await button.click();
  await page.waitForFunction(() => document.querySelector("button.sg-copy").textContent === "Copied");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), command);
});

test("what is folded can be opened by keyboard", async () => {
  const page = await open("passed");
  const folded = page.locator("main details:not([open]) > summary").first();
  await folded.focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.parentElement.open), true);
  await page.keyboard.press("Tab");
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY");
});

test("on a phone nothing is wider than the page", async () => {
  for (const name of names) {
    const page = await open(name, { viewport: { width: 360, height: 740 }, isMobile: true });
    assert.equal(await overflows(page), false, name);
    await shot(page, `report-${name}-narrow`);
  }
});

test("in print everything is open", async () => {
  const page = await open("passed");
  await page.emulateMedia({ media: "print" });
  for (const folded of await page.locator("main details").all()) {
    const height = await folded.evaluate((one) => one.getBoundingClientRect().height - one.querySelector("summary").getBoundingClientRect().height);
    assert.ok(height > 5);
  }
  await page.pdf({ path: join(out, "shots", "report.pdf") });
});

test("without JavaScript the page says the same", async () => {
  const page = await open("failed", { javaScriptEnabled: false });
  assert.equal(await page.locator("button:visible").count(), 0);
  assert.ok(await page.locator(".sg-diff").first().isVisible());
});

test("nothing that a machine printed or a person answered becomes active", async () => {
  const page = await open("hostile");
  await page.evaluate(() => { window.hits = []; window.hit = (what) => window.hits.push(what); });
  for (const node of await page.locator("summary, b, a, [class=trap]").all()) {
    await node.hover({ timeout: 300 }).catch(() => {});
    if ((await node.getAttribute("href"))?.startsWith("#") ?? true) await node.click({ timeout: 300 }).catch(() => {});
  }
  assert.deepEqual(await page.evaluate(() => window.hits), []);
  const active = await page.evaluate(() => [...document.querySelectorAll("*")].flatMap((node) => [
    ...[...node.attributes].filter(({ name, value }) => name.startsWith("on") || name === "style" || (/^(href|src)$/.test(name) && !/^(#|https?:|mailto:)/.test(value))).map(({ name, value }) => `${node.tagName} ${name}=${value}`),
    ...(["IFRAME", "IMG", "OBJECT", "EMBED", "FORM", "LINK", "BASE"].includes(node.tagName) ? [node.tagName] : []),
  ]));
  assert.deepEqual(active, []);
  assert.equal(await page.locator("script").count(), 1);
  const text = await page.evaluate(() => document.body.textContent);
  assert.match(text, /<script>hit\("script"\)<\/script>/);
  assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
});

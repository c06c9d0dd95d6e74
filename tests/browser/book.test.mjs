// The project's own book, as readers meet it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { axe, launch, out, overflows, serve, shot } from "./browser.mjs";

let browser, server;
before(async () => {
  [browser, server] = [await launch(), await serve(join(out, "book"))];
});
after(async () => {
  await browser.close();
  server.close();
});

/** A page in a context of its own; fails if it logs an error. */
async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(`${path}: ${error}`));
  await page.goto(`${server.url}/${path}`);
  return page;
}

const backup = "runbooks/cluster-backup.html";
const step = (name) => `[id="step.${name}"]`;

test("the copy button copies the command alone", async () => {
  const page = await open(backup, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.click(`${step("mounted")} .sg-copy`);
  await page.waitForFunction((at) => document.querySelector(`${at} .sg-copy`).textContent === "Copied", step("mounted"));
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^stat -- "\$SNAPSHOT_DIR\/\." /);
  assert.match(copied, /\nfi$/);
  assert.doesNotMatch(copied, /SHARE\}\}/, "what is expected is no part of the command");
});

test("the filter shows the steps that hold every word, and says how many", async () => {
  const page = await open(backup);
  const all = await page.locator("[data-sg-item]").count();
  assert.ok(all > 20);
  await page.fill(".sg-filter input", "sha256sum master");
  const shown = await page.locator("[data-sg-item]:visible").count();
  assert.ok(shown > 0 && shown < all / 2, `${shown} of ${all}`);
  assert.equal(await page.textContent(".sg-filter [role=status]"), `${shown} of ${all}`);
  await page.fill(".sg-filter input", "");
  assert.equal(await page.locator("[data-sg-item]:visible").count(), all);
});

test("the index lists every runbook with its status and leads to it", async () => {
  const page = await open("runbooks.html");
  const rows = await page.locator(".sg-index tbody tr").allTextContents();
  assert.equal(rows.length, 4);
  for (const row of rows) assert.match(row, /(holds|stale|broken|expired|unrecorded).*\d{4}-\d\d-\d\d \d\d:\d\d UTC.*steps/s);
  await page.fill(".sg-filter input", "quickstart");
  assert.equal(await page.locator(".sg-index tbody tr:visible").count(), 1);
  await page.click(".sg-index tbody tr:visible a");
  assert.equal(await page.textContent("main h1"), "Quickstart");
});

test("everything can be reached and opened by keyboard", async () => {
  const page = await open(backup);
  const focused = () => page.evaluate(() => document.activeElement.closest(".sg-card, .sg-expect") && document.activeElement.tagName);
  await page.focus(`${step("mounted")} .sg-name`);
  const seen = [];
  for (let at = 0; at < 3; at++) {
    await page.keyboard.press("Tab");
    seen.push(await focused());
  }
  assert.deepEqual(seen, ["BUTTON", "PRE", "SUMMARY"]);
  const details = page.locator(`${step("mounted")} details`);
  assert.equal(await details.evaluate((one) => one.open), false);
  await page.keyboard.press("Enter");
  assert.equal(await details.evaluate((one) => one.open), true);
  await page.focus('input[type="checkbox"].sg-check');
  await page.keyboard.press("Space");
  assert.equal(await page.isChecked('input[type="checkbox"].sg-check >> nth=0'), true);
});

test("without JavaScript the page says the same", async () => {
  const page = await open(backup, { javaScriptEnabled: false });
  assert.equal(await page.locator(".sg-copy:visible").count(), 0, "a button that does nothing is not shown");
  assert.ok(await page.locator(`${step("mounted")} pre.sg-command`).isVisible());
  const details = page.locator(`${step("mounted")} details`);
  await details.locator("summary").click();
  assert.match(await details.innerText(), /\{\{SHARE\}\}/);
  assert.equal(await page.locator(".sg-check").count() > 0, true);
});

for (const theme of ["light", "rust", "coal", "navy", "ayu"]) {
  test(`cards are readable in the theme ${theme}`, async () => {
    const page = await open(backup);
    await page.evaluate((theme) => localStorage.setItem("mdbook-theme", theme), theme);
    await page.reload();
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
    assert.ok(await page.evaluate((theme) => document.documentElement.classList.contains(theme), theme));
    assert.deepEqual(await axe(page, ".sg-card, .sg-expect"), []);
    await shot(page, `book-${theme}`);
    await page.locator(step("save")).scrollIntoViewIfNeeded();
    await shot(page, `book-${theme}-step`);
  });
}

test("the page has landmarks, one first heading and labels", async () => {
  for (const path of [backup, "runbooks.html"]) {
    const page = await open(path);
    const rules = ["landmark-one-main", "page-has-heading-one", "label", "button-name", "link-name", "duplicate-id-aria", "aria-valid-attr-value"];
    assert.deepEqual(await axe(page, "main", { runOnly: rules }), [], path);
  }
});

test("on a phone nothing is wider than the page", async () => {
  for (const path of [backup, "runbooks.html"]) {
    const page = await open(path, { viewport: { width: 360, height: 740 }, isMobile: true });
    assert.equal(await overflows(page), false, path);
    await shot(page, `narrow-${path.replaceAll("/", "-")}`);
    await page.locator("[data-sg-item]").first().scrollIntoViewIfNeeded();
    await shot(page, `narrow-${path.replaceAll("/", "-")}-step`);
  }
});

test("in print everything is open and nothing is cut off", async () => {
  const page = await open(backup);
  await page.emulateMedia({ media: "print" });
  const expected = page.locator(`${step("mounted")} details pre`);
  assert.ok((await expected.boundingBox()).height > 0, "what is folded on the screen is open on paper");
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll(".sg-card pre")].filter((pre) => pre.scrollWidth > pre.clientWidth + 1).length);
  assert.equal(cut, 0);
  await page.pdf({ path: join(out, "shots", "print.pdf") });
  await shot(page, "print");
});

test("every link from runbook pages and their index leads to a page of the book", async () => {
  const page = await open("runbooks.html");
  for (const path of ["runbooks.html", ...await page.locator(".sg-index a").evaluateAll((all) => all.map((one) => one.getAttribute("href")))]) {
    await page.goto(`${server.url}/${path}`);
    const links = await page.locator("main a[href]").evaluateAll((all) => all.map((one) => one.href));
    for (const link of links.filter((link) => link.startsWith(server.url))) {
      const [url, anchor] = link.split("#");
      const target = await page.request.get(url);
      assert.equal(target.status(), 200, `${path} leads to ${link}`);
      if (anchor) assert.ok((await target.text()).includes(`id="${decodeURIComponent(anchor)}"`), `${path} leads to ${link}`);
    }
  }
});

// The pages without a mouse.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { look, start } from "./browser.mjs";
import { pages } from "./pages.mjs";

// As many steps are taken on a page; the documentation has more stops.
const most = 120;

let site;
before(async () => { site = await start(); });
after(async () => { await site.stop(); });

// What has the focus: where it stands in the document, and whether that can be
// seen: on itself, on what it draws over its card, or on its label. (A page
// without a style has the browser's own, "auto".)
const focused = () => {
	const part = document.activeElement;
	if (part === document.body)
		return null;
	const ring = [getComputedStyle(part), getComputedStyle(part, "::after"),
		part.labels?.[0] && getComputedStyle(part.labels[0])]
		.some((style) => style && (style.outlineStyle === "auto" ||
			style.outlineStyle !== "none" &&
				parseFloat(style.outlineWidth) >= 2));
	const box = (part.labels?.[0] ?? part).getBoundingClientRect();
	return {
		at: [...document.querySelectorAll("*")].indexOf(part),
		is: part.outerHTML.slice(0, 80),
		ring,
		inSight: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
	};
};

// A group of radio buttons is one stop.
const stops = () => [...document.querySelectorAll(
	"a[href], button, input, select, summary, [tabindex]")]
	.filter((part) => part.checkVisibility({ checkVisibilityCSS: true }) &&
		(part.type !== "radio" || part.checked)).length;

for (const page of pages)
	describe(page.kind, () => {
		it("is walked through from its first link to its last, and left", async () => {
			const tab = await look(site.browser, page, { width: 768 });
			const expected = Math.min(await tab.evaluate(stops), most);
			const seen = [];
			for (let i = 0; i < expected; i++) {
				await tab.keyboard.press("Tab");
				const now = await tab.evaluate(focused);
				assert.ok(now, `nothing has the focus after ${seen.length} steps`);
				assert.ok(now.ring, `no ring: ${now.is}`);
				assert.ok(now.inSight, `out of sight: ${now.is}`);
				assert.ok(!seen.length || now.at > seen.at(-1).at,
					`back from ${seen.at(-1)?.is} to ${now.is}`);
				seen.push(now);
			}
			if (expected < most) {
				await tab.keyboard.press("Tab");
				const now = await tab.evaluate(focused);
				assert.ok(now === null || now.at <= seen[0].at, now?.is);
			}
			await tab.done();
		});

		if (page.status === 503)
			return; // nginx's own page has a link, and that is all

		it("begins with a way past the header", async () => {
			const tab = await look(site.browser, page);
			await tab.keyboard.press("Tab");
			assert.equal(await tab.locator(":focus").innerText(),
				"Skip to the content");
			await tab.keyboard.press("Enter");
			await tab.waitForURL(/#main$/);
			await tab.keyboard.press("Tab");
			assert.ok(await tab.evaluate(() => document.activeElement
				.closest("main, footer") !== null));
			await tab.done();
		});
	});

describe("the list", () => {
	it("is searched, sorted and filtered, and a film opened", async () => {
		const tab = await look(site.browser,
			{ site: "plain", path: "/movies" });
		const to = async (what) => {
			for (let i = 0; i < most; i++) {
				await tab.keyboard.press("Tab");
				if (await tab.evaluate((selector) =>
					document.activeElement.matches(selector), what))
					return;
			}
			assert.fail(`no way to ${what}`);
		};
		const titles = () => tab.locator(".film:visible h2").allInnerTexts();

		await to("#q");
		await tab.keyboard.type("castle");
		assert.equal((await titles()).length, 2);
		await tab.keyboard.press("Escape");
		assert.equal((await titles()).length, 22);
		await to("[data-sort=title]");
		await tab.keyboard.press("Enter");
		assert.equal((await titles())[0], "Arrietty");
		await tab.keyboard.press("Space");
		assert.equal((await titles())[0], "Castle in the Sky");
		await to("[name=director]");
		await tab.keyboard.press("ArrowRight");
		assert.equal((await titles()).length, 9);
		await to("h2 a");
		await tab.keyboard.press("Enter");
		await tab.waitForURL(/\/movies\/2baf70d1/);
		await tab.done();
	});
});

// What holds for every kind of page: pages.mjs.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import axe from "axe-core";
import { look, posterHosts, sites, start } from "./browser.mjs";
import { pages } from "./pages.mjs";

const widths = [320, 768, 1440];
const themes = ["light", "dark"];

let site;
before(async () => { site = await start(); });
after(async () => { await site.stop(); });

// axe's own rules, those of good practice too; what is wrong, in a line each.
async function violations(tab) {
	await tab.evaluate(axe.source);
	const result = await tab.evaluate(() =>
		window.axe.run());
	return result.violations.flatMap(({ id, nodes }) => nodes.map(
		(node) => `${id}: ${node.target} ${node.failureSummary}`));
}

// What stands out of the window to the left or right, where it can be seen.
const outside = () => [...document.querySelectorAll("body *")]
	.filter((part) => part.checkVisibility({ checkOpacity: true,
		checkVisibilityCSS: true }) && !part.closest(".quiet, .poster, .skip"))
	.filter((part) => {
		const { left, right, width } = part.getBoundingClientRect();
		return width > 0 && (left < -1 || right > innerWidth + 1);
	})
	.map((part) => part.outerHTML.slice(0, 80))
	.concat(document.scrollingElement.scrollWidth > innerWidth
		? [`the page is ${document.scrollingElement.scrollWidth} px wide`] : []);

for (const page of pages)
	describe(page.kind, () => {
		for (const theme of themes)
			for (const width of widths)
				it(`is accessible and fits, ${theme}, ${width} px`, async () => {
					const tab = await look(site.browser, page, { theme, width });
					assert.deepEqual(await violations(tab, page), []);
					assert.deepEqual(await tab.evaluate(outside), []);
					assert.deepEqual(tab.complaints, []);
					await tab.done();
				});

		if (page.says)
			it("says how things are", async () => {
				const tab = await look(site.browser, page);
				assert.equal(await tab.locator("h1").innerText(),
					page.says);
				await tab.done();
			});

		it("is accessible and fits at a zoom of 200 %", async () => {
			// To a page, this is what a zoom of 1280 px is.
			const tab = await look(site.browser, page,
				{ width: 640, height: 400, scale: 2 });
			assert.deepEqual(await violations(tab, page), []);
			assert.deepEqual(await tab.evaluate(outside), []);
			await tab.done();
		});

		it("fits where letters alone are twice as large", async () => {
			const tab = await look(site.browser, page, { width: 1280 });
			const devtools = await tab.context().newCDPSession(tab);
			await devtools.send("Page.setFontSizes",
				{ fontSizes: { standard: 32, fixed: 26 } });
			assert.equal(await tab.evaluate(() =>
				getComputedStyle(document.documentElement).fontSize), "32px");
			assert.deepEqual(await tab.evaluate(outside), []);
			await tab.done();
		});

		it("shows the same without JavaScript", async () => {
			const [tab, bare] = [await look(site.browser, page),
				await look(site.browser, page, { script: false })];
			const shown = (part) => part.innerText;
			// What needs the script; and where the page tells what is
			// now, its numbers.
			const own = (text) => text.replace(
				/\nFind(\s+on this page)?\n/, "\n").replace(
				/\nBy title\nLongest first\nBest first/, "").replace(
				page.says ? /\d.*/g : "", "");
			assert.equal(own(await bare.locator("body").evaluate(shown)),
				own(await tab.locator("body").evaluate(shown)));
			assert.deepEqual(await bare.evaluate(outside), []);
			assert.deepEqual(bare.complaints, []);
			await tab.done();
			await bare.done();
		});

		it("asks nobody but the site, and for posters their two hosts", async () => {
			const tab = await look(site.browser, page);
			await tab.evaluate(async () => {
				for (let y = 0; y < document.body.scrollHeight; y += 600) {
					scrollTo(0, y);
					await new Promise(requestAnimationFrame);
				}
			});
			await tab.waitForLoadState("networkidle");
			for (const request of tab.requests) {
				const url = new URL(request.url());
				if (url.origin === sites[page.site])
					continue;
				assert.ok(posterHosts.includes(url.host) &&
					request.resourceType() === "image", request.url());
				assert.equal(page.site === "plain", false, request.url());
			}
			assert.deepEqual(tab.complaints, []);
			await tab.done();
		});
	});

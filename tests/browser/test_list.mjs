// The list's script: search and sort.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { look, sites, start } from "./browser.mjs";

let site, tab;
before(async () => { site = await start(); });
after(async () => { await site.stop(); });
afterEach(async () => { await tab.done(); });

const list = { site: "plain", path: "/movies" };
const open = async (page = list, options = {}) => {
	tab = await look(site.browser, page, options);
};
const titles = () => tab.locator(".film:visible h2").allInnerTexts();
const found = () => tab.locator("#found").innerText();
const search = (text) => tab.getByRole("searchbox").fill(text);
const by = (name) => tab.getByRole("button", { name });

describe("search", () => {
	beforeEach(() => open());

	for (const [text, what, expected] of [
		["totoro", "a title", ["My Neighbor Totoro"]],
		["  TOTORO ", "in any case, with spaces", ["My Neighbor Totoro"]],
		["トトロ", "the original title", ["My Neighbor Totoro"]],
		["goro", "a director without its accent", ["Tales from Earthsea",
			"From Up on Poppy Hill", "Earwig and the Witch"]],
		["jiji", "a person", ["Kiki's Delivery Service"]],
		["2004", "a year", ["Howl's Moving Castle"]],
		["castle 1986", "all words, in whatever they stand",
			["Castle in the Sky"]],
		["castle 1985", "what no film has", []],
		[".*", "no pattern", []],
	])
		it(`finds ${what}`, async () => {
			await search(text);
			assert.deepEqual((await titles()).sort(), expected.sort());
			assert.equal(await found(), expected.length
				? `${expected.length} of 22` : "No film has that");
			assert.equal(await tab.getByText("are searched").isVisible(),
				!expected.length);
		});

	it("shows all again when it is empty", async () => {
		await search("totoro");
		await search("");
		assert.equal((await titles()).length, 22);
		assert.equal(await found(), "");
	});

	it("goes together with the director", async () => {
		await search("castle");
		await tab.getByRole("radio", { name: /Hayao/ }).check();
		assert.deepEqual(await titles(),
			["Castle in the Sky", "Howl's Moving Castle"]);
		assert.equal(await found(), "2 of 22");
		await tab.getByRole("radio", { name: /Isao/ }).check();
		assert.deepEqual(await titles(), []);
		assert.equal(await found(), "No film has that");
	});

	it("tells a screen reader how many were found", async () => {
		assert.equal(await tab.getByRole("status").count(), 1);
		assert.equal(await tab.getByRole("search").count(), 1);
		await search("totoro");
		assert.equal(await tab.getByRole("status").innerText(), "1 of 22");
	});
});

describe("sort", () => {
	beforeEach(() => open());

	it("is by title, and back", async () => {
		const before = await titles();
		await by("By title").click();
		assert.deepEqual(await titles(), [...before].sort((a, b) =>
			a.localeCompare(b, "en")));
		assert.equal(await by("By title").getAttribute("aria-pressed"), "true");
		await by("By title").click();
		assert.deepEqual(await titles(), before);
		assert.equal(await by("By title").getAttribute("aria-pressed"), "false");
	});

	it("is by length and by score, the greatest first", async () => {
		for (const [name, part] of [["Longest first", "[itemprop=duration]"],
			["Best first", ".score"]]) {
			await by(name).click();
			const numbers = await tab.locator(`.film ${part}`).evaluateAll(
				(parts) => parts.map((one) => Number(
					(one.dateTime ?? one.textContent).match(/\d+/)[0])));
			assert.equal(numbers.length, 22);
			assert.deepEqual(numbers, [...numbers].sort((a, b) => b - a));
		}
	});

	it("keeps what was found", async () => {
		await search("castle");
		await by("By title").click();
		assert.deepEqual(await titles(),
			["Castle in the Sky", "Howl's Moving Castle"]);
	});
});

describe("the address", () => {
	it("says what is shown, and shows it again", async () => {
		await open({ site: "plain", path: "/movies?order=year" });
		await search("castle");
		await by("Best first").click();
		const was = await titles();
		const url = new URL(await tab.evaluate("location.href"));
		assert.equal(url.search, "?order=year&q=castle&sort=score");
		await open({ site: "plain", path: url.pathname + url.search });
		assert.deepEqual(await titles(), was);
		assert.equal(await tab.getByRole("searchbox").inputValue(), "castle");
		assert.equal(await by("Best first").getAttribute("aria-pressed"),
			"true");
		await search("");
		await tab.keyboard.press("Enter");
		await by("Best first").click();
		assert.equal(await tab.evaluate("location.search"), "?order=year");
	});

	it("is text, whatever it holds", async () => {
		await open({ site: "plain",
			path: "/movies?q=%3Cimg+src%3Dx+onerror%3Dx%3E&sort=__proto__" });
		assert.deepEqual(await titles(), []);
		assert.deepEqual(tab.complaints, []);
		assert.equal(await tab.locator("img").count(), 0);
	});
});

describe("where there is more or less than a list", () => {
	it("searches one page of many, and says so", async () => {
		await open({ site: "many", path: "/movies/page/2" });
		await tab.getByLabel("Find on this page").fill("film 399");
		assert.deepEqual(await titles(), ["Film 399"]);
		assert.equal(await found(), "1 of 200");
		assert.equal(await by("By title").count(), 0);
	});

	it("has nothing to find without films", async () => {
		await open({ site: "empty", path: "/movies" });
		await search("x");
		assert.equal(await found(), "No film has that");
		assert.deepEqual(tab.complaints, []);
	});

	it("sorts what has no number last", async () => {
		await open({ site: "odd", path: "/movies" });
		const last = (await titles()).at(-1);
		for (const name of ["Longest first", "Best first"]) {
			await by(name).click();
			assert.equal((await titles()).at(-1), last);
		}
		assert.deepEqual(tab.complaints, []);
	});
});

describe("without JavaScript", () => {
	beforeEach(() => open(list, { script: false }));

	it("shows nothing that does not work", async () => {
		assert.equal(await tab.getByRole("searchbox").count(), 0);
		assert.equal(await tab.getByRole("button").count(), 0);
		assert.equal((await titles()).length, 22);
	});

	it("orders by year and filters by director all the same", async () => {
		await tab.getByRole("link", { name: "By year" }).last().click();
		await tab.waitForURL(sites.plain + "/movies?order=year");
		const years = await tab.locator("[itemprop=datePublished]")
			.allInnerTexts();
		assert.deepEqual(years, [...years].sort());
		await tab.getByRole("radio", { name: /Isao/ }).check();
		assert.equal((await titles()).length, 5);
	});
});

// README's screenshots, of a site without posters: what is drawn is all ours.
import { fileURLToPath } from "node:url";
import { look, start } from "./browser.mjs";

const shots = [
	{ name: "screenshot", path: "/movies", width: 1280, height: 860 },
	{ name: "screenshot-dark", path: "/movies?q=human&sort=score",
		width: 1280, height: 860, theme: "dark" },
	{ name: "screenshot-film", width: 1280, height: 860,
		path: "/movies/2baf70d1-42bb-4437-b551-e5fed5a87abe" },
	{ name: "screenshot-phone", path: "/movies?q=miyazaki", width: 390,
		height: 844, theme: "dark" },
];

const site = await start();
for (const shot of shots) {
	const tab = await look(site.browser, { site: "plain", ...shot }, shot);
	await tab.screenshot({ type: "jpeg", quality: 82, path: fileURLToPath(
		new URL(`../../docs/${shot.name}.jpg`, import.meta.url)) });
	await tab.done();
}
await site.stop();

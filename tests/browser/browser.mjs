// The browser: Debian's Chromium, to which no host exists but the sites and a
// stand-in for the hosts of the posters.
//
//	const { browser, posters } = await start();
//	const tab = await look(browser, page, { width: 320 });
//	… tab.complaints, tab.requests …
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const sites = JSON.parse(process.env.MARQUEE_SITES);
export const posterHosts = ["image.tmdb.org", "www.themoviedb.org"];

const executablePath = process.env.MARQUEE_CHROMIUM ?? "/usr/bin/chromium";

// As long as a busy machine may take for one step.
const patienceMs = 120000;

const poster = `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="900">
<rect width="600" height="900" fill="#276"/><circle cx="300" cy="450" r="200" fill="#fd8"/></svg>`;

// Serves the poster to whoever asks, over TLS that only this browser trusts.
async function startPosters() {
	const directory = mkdtempSync(join(tmpdir(), "marquee-posters-"));
	const [key, cert] = ["key.pem", "cert.pem"].map((n) => join(directory, n));
	execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes",
		"-days", "2", "-subj", "/CN=posters", "-keyout", key, "-out", cert],
	{ stdio: "ignore" });
	const server = createServer({
		key: readFileSync(key), cert: readFileSync(cert),
	}, (request, response) => {
		server.asked.push({ host: request.headers.host,
			referer: request.headers.referer });
		response.setHeader("Content-Type", "image/svg+xml");
		response.setHeader("Cache-Control", "max-age=31536000");
		response.end(poster);
	});
	server.asked = [];
	rmSync(directory, { recursive: true });
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	return server;
}

// A port that nothing listens on.
export async function freePort() {
	const server = createTcpServer();
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	const { port } = server.address();
	await new Promise((done) => server.close(done));
	return port;
}

export async function start(options = {}) {
	const posters = await startPosters();
	const at = `127.0.0.1:${posters.address().port}`;
	const rules = [...posterHosts.map((host) => `MAP ${host}:443 ${at}`),
		"MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1"];
	const browser = await chromium.launch({
		executablePath, ...options,
		args: [`--host-resolver-rules=${rules.join(",")}`,
			"--ignore-certificate-errors", ...options.args ?? []],
	});
	return { browser, posters, async stop() {
		await browser.close();
		posters.closeAllConnections();
		posters.close();
	} };
}

// Opens a page of pages.mjs in a new window and waits for all of it. The tab
// knows every request that was made, and every complaint of the browser; that
// the page itself is no 200 where it should not be is none, and neither is that
// a page which has no icon (pages.mjs: bare) names none and the browser asks.
export async function look(browser, page, { width = 1440, height = 900,
	theme = "light", script = true, scale = 1 } = {}) {
	const context = await browser.newContext({
		viewport: { width, height }, colorScheme: theme,
		javaScriptEnabled: script, deviceScaleFactor: scale,
		reducedMotion: "reduce", ignoreHTTPSErrors: true,
	});
	context.setDefaultTimeout(patienceMs);
	const tab = await context.newPage();
	const url = sites[page.site] + page.path;
	const expected = page.status ?? 200;

	tab.requests = [];
	tab.complaints = [];
	tab.on("request", (request) => tab.requests.push(request));
	tab.on("requestfailed", (request) =>
		tab.complaints.push(`failed: ${request.url()}`));
	tab.on("pageerror", (error) => tab.complaints.push(String(error)));
	tab.on("console", (message) => {
		const about = message.location().url;
		if (!(expected !== 200 && about === url) && !((page.bare ||
			expected !== 200) && about === sites[page.site] + "/favicon.ico"))
			tab.complaints.push(`${message.type()}: ${message.text()}`);
	});
	const answer = await tab.goto(url, { waitUntil: "load" });
	if (answer.status() !== expected)
		throw new Error(`${url} is ${answer.status()}, not ${expected}`);
	tab.answer = answer;
	tab.done = () => context.close();
	return tab;
}

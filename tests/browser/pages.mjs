// Every kind of page there is. A new kind is a line here: all that holds for
// pages is tried of it. `site` is one of sites.py; `says` the heading of a page
// that tells something else each time; a `bare` one has no style and no icon.
// MARQUEE_KIND leaves those that have the word.
const film = "/movies/2baf70d1-42bb-4437-b551-e5fed5a87abe";
const alone = "/movies/12cfb892-aac0-4c5b-94af-521852e46d6a";

export const pages = [
	{ kind: "welcome", site: "films", path: "/" },
	{ kind: "list", site: "films", path: "/movies" },
	{ kind: "by year", site: "films", path: "/movies?order=year" },
	{ kind: "film", site: "films", path: film },
	{ kind: "film without people", site: "films", path: alone },
	{ kind: "docs", site: "films", path: "/docs" },
	{ kind: "status", site: "films", path: "/status", says: "All is well." },
	{ kind: "status, stale", site: "stale", path: "/status",
		says: "Not all is well." },
	{ kind: "status, nothing yet", site: "dark", path: "/status", bare: true,
		says: "Nothing can be served." },
	{ kind: "no such page", site: "films", path: "/nothing", status: 404 },
	{ kind: "list, no posters", site: "plain", path: "/movies" },
	{ kind: "film, no posters", site: "plain", path: film },
	{ kind: "first of many", site: "many", path: "/movies" },
	{ kind: "second of many", site: "many", path: "/movies/page/2" },
	{ kind: "list of odd texts", site: "odd", path: "/movies" },
	{ kind: "film of odd texts", site: "odd", path: film },
	{ kind: "no films", site: "empty", path: "/movies" },
	{ kind: "bundled welcome", site: "bundled", path: "/" },
	{ kind: "bundled list", site: "bundled", path: "/movies" },
	{ kind: "bundled film", site: "bundled", path: film },
	{ kind: "responder gone", site: "dead", path: film, status: 503 },
	{ kind: "nothing yet", site: "dark", path: "/movies", status: 503 },
].filter(({ kind }) => kind.includes(process.env.MARQUEE_KIND ?? ""));

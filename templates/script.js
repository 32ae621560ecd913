// Search and sort for the list of films. The page is whole without it: what
// works only with it is hidden until it runs. At most 3 KB; no other script.
const list = document.querySelector(".films");
const field = document.querySelector("#q");
const found = document.querySelector("#found");
const none = document.querySelector("#none");
const buttons = [...document.querySelectorAll("[data-sort]")];
const films = [...list.children];

// Without case and accents: "porco ROSSO", "chateau".
const plain = (text) =>
	text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// What of a film is searched: titles, people and their species, director, year.
const texts = films.map((film) =>
	plain([...film.querySelectorAll("[itemprop=name], :lang(ja), small, time")]
		.map((part) => part.textContent).join("\n")));

// The greatest first; what has no number, last.
const number = (film, selector) => {
	const part = film.querySelector(selector);
	return -(part?.dateTime || part?.textContent)?.match(/\d+/) || 0;
};
const collator = new Intl.Collator("en", { numeric: true });
const orders = {
	title: (a, b) => collator.compare(...[a, b].map((film) =>
		film.querySelector("h2").textContent)),
	length: (a, b) => number(a, "[itemprop=duration]") -
		number(b, "[itemprop=duration]"),
	score: (a, b) => number(a, ".score") - number(b, ".score"),
};

function count() {
	const shown = films.filter((film) => film.getClientRects().length).length;
	const asked = field.value.trim();
	none.hidden = shown || !asked;
	found.value = !asked ? ""
		: shown ? `${shown} of ${films.length}` : "No film has that";
}

function search() {
	const words = plain(field.value).split(/\s+/);
	films.forEach((film, i) => {
		film.hidden = !words.every((word) => texts[i].includes(word));
	});
	count();
}

function sort(name) {
	const by = buttons.find((button) => button.dataset.sort === name);
	for (const button of buttons)
		button.ariaPressed = button === by;
	list.append(...by ? [...films].sort(orders[name]) : films);
}

// The address says what is shown, for a bookmark and for the way back.
function remember() {
	const address = new URL(location);
	const by = buttons.find((button) => button.ariaPressed === "true");
	for (const [name, value] of [["q", field.value.trim()],
		["sort", by?.dataset.sort]])
		if (value)
			address.searchParams.set(name, value);
		else
			address.searchParams.delete(name);
	history.replaceState(null, "", address);
}

const wanted = new URLSearchParams(location.search);
field.value ||= wanted.get("q") || "";
sort(wanted.get("sort"));
for (const part of [field.closest("[hidden]"), ...buttons])
	part.hidden = false;
search();

field.addEventListener("input", search);
field.addEventListener("change", remember);
document.querySelector(".filter")?.addEventListener("change", count);
for (const button of buttons)
	button.addEventListener("click", () => {
		sort(button.ariaPressed === "true" ? "" : button.dataset.sort);
		remember();
	});

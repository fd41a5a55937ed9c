// The pickup board's script. It says what the hub said last, and when the hub is silent it says so. ES5, for old televisions.
(function () {
  "use strict";

  var SILENCE = 2200; // ms without a word after which what is shown may be old; the hub speaks twice a second
  var AGAIN = 1000; // ms between attempts to reach a hub that is not there
  var GIVE_UP = 4000; // ms an attempt may stay without an answer
  var LOOK = 100; // ms between two looks at the clock
  var FRESH = 60000; // ms in which a ready order stands out
  var TURN = 8000; // ms a page of a long list is shown
  var SHORT = 6; // letters that a third of a row takes
  var CHIME = 1500; // ms

  var body = document.body;
  var heard = now(); // when the hub spoke last
  var tried = -Infinity; // when it was last looked for
  var source = null;
  var cut = false;
  var known = null; // keys of the orders that were ready, none before the first state
  var beyond = 0; // how many were ready and not on the list
  var fresh = {}; // key of an order that turned ready: until when it stands out
  var lists = { making: { ids: [], more: 0 }, ready: { ids: [], more: 0 } };
  var views = { making: new View("making"), ready: new View("ready") };

  function now() { // of a clock that nobody sets
    return window.performance && performance.now ? performance.now() : Date.now();
  }

  function said(name, values) {
    return body.getAttribute("data-" + name).replace(/\{(\w+)\}/g, function (_, field) { return values[field]; });
  }

  // --- a list, and its pages ---

  function View(id) {
    var section = document.getElementById(id);
    this.count = section.querySelector("small");
    this.list = section.querySelector("ol");
    this.pages = [[]];
    this.turned = now();
    this.page = 0;
  }

  View.prototype.show = function (shown, marks) {
    var list = this.list, cells = [], keys = keysOf(shown.ids), i;
    while (list.firstChild) list.removeChild(list.firstChild);
    for (i = 0; i < shown.ids.length; i++) {
      var cell = document.createElement("li"), text = document.createElement("span");
      text.textContent = shown.ids[i];
      cell.className = (width(shown.ids[i]) > SHORT ? "long" : "") + (marks[keys[i]] ? " fresh" : "");
      cell.appendChild(text);
      list.appendChild(cell);
      cells.push(cell);
    }
    fit(cells);
    this.pages = split(list, cells);
    this.total = shown.ids.length + shown.more;
    this.more = shown.more;
    this.turnTo(Math.min(this.page, this.pages.length - 1));
  };

  View.prototype.turnTo = function (page) {
    var i, j, words = [];
    this.page = page;
    this.turned = now();
    for (i = 0; i < this.pages.length; i++) {
      for (j = 0; j < this.pages[i].length; j++) {
        var cell = this.pages[i][j], name = cell.className.replace(/ ?away/, "");
        cell.className = i === page ? name : name + " away";
      }
    }
    if (this.total) words.push(this.total);
    if (this.pages.length > 1) words.push("· " + (page + 1) + "/" + this.pages.length);
    if (this.more) words.push("· " + said("more", { count: this.more }));
    this.count.textContent = words.join(" ");
  };

  View.prototype.look = function () {
    if (this.pages.length > 1 && now() - this.turned > TURN) this.turnTo((this.page + 1) % this.pages.length);
  };

  function width(text) {
    var cells = 0, i;
    for (i = 0; i < text.length; i++) cells += text.charCodeAt(i) > 0x10ff ? 2 : 1;
    return cells;
  }

  function fit(cells) { // a display id that is too wide gets smaller letters; all are measured before one is changed
    var sizes = cells.map(function (cell) {
      var text = cell.firstChild;
      return Math.floor(Math.max(0.25, Math.min(1, text.clientWidth / text.scrollWidth)) * 97);
    });
    cells.forEach(function (cell, i) { if (sizes[i] < 97) cell.firstChild.style.fontSize = sizes[i] + "%"; });
  }

  function split(list, cells) {
    var pages = [[]];
    if (!cells.length) return pages;
    var height = cells[0].offsetHeight, top = cells[0].offsetTop;
    var rows = Math.max(1, Math.floor((list.clientHeight + 1) / height));
    cells.forEach(function (cell) {
      var page = Math.floor(Math.round((cell.offsetTop - top) / height) / rows);
      (pages[page] = pages[page] || []).push(cell);
    });
    return pages;
  }

  function keysOf(ids) { // two orders may have one display id: the latest comes first and has the highest number
    var count = {}, keys = [], i;
    for (i = ids.length - 1; i >= 0; i--) {
      var id = "#" + ids[i];
      count[id] = (count[id] || 0) + 1;
      keys[i] = count[id] + id;
    }
    return keys;
  }

  // --- what the hub says ---

  function hear() { heard = now(); }

  function take(message) {
    var state = JSON.parse(message.data);
    hear();
    if (state.version !== body.getAttribute("data-version") && location.search !== "?v=" + state.version) {
      location.replace("/pickup?v=" + state.version); // the hub was upgraded; once for each version
      return;
    }
    lists = state.lists;
    if (turnedReady()) {
      views.ready.page = 0;
      ring();
    }
    draw();
  }

  function turnedReady() { // the latest come first, so what is new stands before what was known
    var keys = keysOf(lists.ready.ids), there = {}, any = false, i;
    for (i = 0; i < keys.length; i++) there[keys[i]] = true;
    for (i = 0; known && i < keys.length; i++) {
      if (!known[keys[i]]) {
        fresh[keys[i]] = now() + FRESH;
        any = true;
      } else if (beyond) {
        break; // what moves up from beyond the list is not new
      }
    }
    for (var key in fresh) if (!there[key]) delete fresh[key];
    known = there;
    beyond = lists.ready.more;
    return any;
  }

  function draw() {
    views.making.show(lists.making, {});
    views.ready.show(lists.ready, fresh);
  }

  function connect() {
    if (source) source.close();
    tried = now();
    source = new EventSource("/pickup/feed");
    source.onmessage = take;
    source.addEventListener("beat", hear);
    source.onerror = function () {
      source.close();
      source = null;
    };
  }

  // --- the chime ---

  var Sound = window.AudioContext || window.webkitAudioContext;
  var wanted = body.getAttribute("data-chime") === "on";
  var audio = null, rung = -Infinity, asked = false;

  function canRing() { return audio !== null && (audio.state === undefined || audio.state === "running"); }

  function ring() {
    if (!canRing() || now() - rung < CHIME) return;
    rung = now();
    strike(988, 0);
    strike(784, 0.35);
  }

  function strike(pitch, after) { // a small bell: a tone, an overtone, and both die away
    [[pitch, 0.4], [pitch * 2.76, 0.1]].forEach(function (part) {
      var at = audio.currentTime + after, tone = audio.createOscillator(), loud = audio.createGain();
      tone.frequency.value = part[0];
      loud.gain.setValueAtTime(part[1], at);
      loud.gain.exponentialRampToValueAtTime(0.001, at + 1.1);
      tone.connect(loud);
      loud.connect(audio.destination);
      tone.start(at);
      tone.stop(at + 1.1);
    });
  }

  function allow() {
    if (canRing() || !audio) return;
    asked = true;
    audio.resume();
  }

  function listen() {
    if (!wanted) return;
    try { audio = new Sound(); } catch (_) { audio = null; }
    ["click", "keydown", "touchend"].forEach(function (name) { document.addEventListener(name, allow); });
  }

  function lookAtSound() {
    if (asked && canRing()) { // who allowed it hears it
      asked = false;
      ring();
    }
    document.getElementById("silent").hidden = !wanted || !audio || canRing();
    document.getElementById("mute").hidden = !wanted || audio !== null;
  }

  // --- the clock ---

  function look() {
    var silent = now() - heard, minutes = Math.floor(silent / 60000);
    if (silent > SILENCE !== cut) {
      cut = !cut;
      body.className = cut ? "cut" : "";
      document.getElementById("old").hidden = !cut;
      draw(); // there is less room beside the warning
    }
    if (cut) {
      document.getElementById("span").textContent =
        minutes ? said("minutes", { minutes: minutes }) : said("seconds", { seconds: Math.floor(silent / 1000) });
    }
    if (now() - tried > (source ? GIVE_UP : AGAIN) && (cut || !source)) connect();
    for (var key in fresh) if (fresh[key] < now()) { delete fresh[key]; draw(); }
    views.making.look();
    views.ready.look();
    lookAtSound();
  }

  if (!window.EventSource) {
    document.getElementById("unable").hidden = false;
    return;
  }
  listen();
  window.addEventListener("resize", draw);
  setInterval(look, LOOK);
  connect();
})();

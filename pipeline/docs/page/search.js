// Filters what the page lists, and lights up lineage. Everything can be read without it.
(function () {
  "use strict";
  var box = document.getElementById("search"), nothing = document.getElementById("nothing");
  var items = Array.prototype.slice.call(document.querySelectorAll("[data-find]"));
  function filter() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean), shown = 0;
    items.forEach(function (e) {
      var text = e.textContent.toLowerCase();
      var fits = words.every(function (w) { return text.indexOf(w) >= 0; });
      e.hidden = !fits;
      if (fits) { shown++; }
    });
    document.querySelectorAll("section").forEach(function (s) {
      s.hidden = words.length > 0 && !s.querySelector("[data-find]:not([hidden])");
    });
    nothing.hidden = shown > 0 || items.length === 0;
  }
  if (items.length === 0) { box.hidden = true; }
  box.addEventListener("input", filter);
  document.addEventListener("keydown", function (e) {
    if (e.key === "/" && document.activeElement !== box) { e.preventDefault(); box.focus(); }
  });

  document.querySelectorAll("svg.lineage").forEach(function (svg) {
    var edges = Array.prototype.slice.call(svg.querySelectorAll(".edge")), nodes = {};
    svg.querySelectorAll(".node").forEach(function (n) { nodes[n.dataset.node] = n; });
    function follow(start, from, to) {
      var seen = {}, todo = [start];
      while (todo.length) {
        var n = todo.pop();
        edges.forEach(function (e) {
          if (e.dataset[from] === n) {
            e.classList.add("on");
            if (!seen[e.dataset[to]]) { seen[e.dataset[to]] = true; todo.push(e.dataset[to]); }
          }
        });
      }
      Object.keys(seen).forEach(function (n) { if (nodes[n]) { nodes[n].classList.add("on"); } });
    }
    Object.keys(nodes).forEach(function (name) {
      nodes[name].addEventListener("mouseenter", function () {
        svg.classList.add("pointed");
        nodes[name].classList.add("on");
        follow(name, "to", "from");
        follow(name, "from", "to");
      });
      nodes[name].addEventListener("mouseleave", function () {
        svg.classList.remove("pointed");
        svg.querySelectorAll(".on").forEach(function (e) { e.classList.remove("on"); });
      });
    });
  });
})();

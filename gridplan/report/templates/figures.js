// Draws each figure when it comes into view; until then, on paper and without scripts its printed
// twin stands in its place. Nothing is loaded: plotly.js lies in this page as text and is run once,
// when the first figure is drawn.
(() => {
  "use strict";
  const read = (id) => document.getElementById(id).textContent;
  const page = JSON.parse(read("figure-data"));
  const NARROW = 640;

  function plotly() {
    if (!window.Plotly) {
      const script = document.createElement("script");
      script.textContent = read("plotly-source");
      document.head.append(script);
      window.Plotly.register({ moduleType: "locale", name: page.lang, dictionary: page.dictionary });
    }
    return window.Plotly;
  }

  function layoutOf(figure, width) {
    const layout = JSON.parse(JSON.stringify(figure.layout));
    const narrow = width < NARROW;
    const height = figure.height || 340;
    Object.assign(layout, {
      width,
      height: narrow && figure.panels === 2 ? 1.7 * height : height,
      margin: { l: 48, r: 12, t: 28, b: 36 },
      font: { family: page.font, size: 12, color: "#1c2733" },
      paper_bgcolor: "#fff", plot_bgcolor: "#fff", hovermode: "closest",
      legend: { orientation: "h", yanchor: "top", yref: "paper" },
      dragmode: narrow ? false : "zoom",
    });
    const named = Boolean(layout.xaxis.title);  // the name of the axis needs room below it
    layout.legend.y = -(named ? 52 : 32) / (layout.height - 100);
    if (figure.panels === 2) {
      const titles = layout.titles;
      delete layout.titles;
      const across = narrow ? [[0, 1], [0, 1]] : [[0, 0.48], [0.52, 1]];
      const up = narrow ? (named ? [[0.6, 1], [0, 0.4]] : [[0.57, 1], [0, 0.43]]) : [[0, 1], [0, 1]];
      layout.xaxis.domain = across[0]; layout.xaxis2.domain = across[1];
      layout.yaxis.domain = up[0]; layout.yaxis2.domain = up[1];
      if (!narrow) { layout.yaxis2.showticklabels = false; layout.yaxis2.title = null; }
      layout.annotations = titles.map((text, at) => ({
        text, showarrow: false, xref: "paper", yref: "paper", yanchor: "bottom",
        x: (across[at][0] + across[at][1]) / 2, y: up[at][1], font: { size: 13, color: "#5b6670" },
      }));
    }
    return layout;
  }

  function draw(box) {
    const figure = page.figures[box.id];
    const holder = box.closest("figure");
    try {
      holder.classList.add("drawn");  // before its width is taken
      const options = {
        displaylogo: false, locale: page.lang,
        modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
      };
      let width = 0;
      const fit = () => {
        if (!box.clientWidth || Math.abs(box.clientWidth - width) < 2) { return; }
        width = box.clientWidth;
        const layout = layoutOf(figure, width - 10);  // its border and padding
        box.style.height = `${layout.height + 10}px`;
        plotly().react(box, figure.data, layout, options);
      };
      fit();
      new ResizeObserver(fit).observe(box);
    } catch (error) {
      holder.classList.remove("drawn");  // the printed twin stays
      box.hidden = true;
      console.error(error);
    }
  }

  document.documentElement.classList.add("scripted");
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) { seen.unobserve(target); draw(target.querySelector(".plot")); }
    }
  }, { rootMargin: "300px" });
  for (const box of document.querySelectorAll(".plot")) { seen.observe(box.closest("figure")); }
})();

// Rasterise the emoji of one icon package: node render_svgs.js PACKAGE OUT_FOLDER PIXELS CODE...
// resvg can abort the whole process on a broken path. A `.bad` marker is written before each drawing and
// removed after it, so that running the script again steps over the one that killed it (sprites.py does).
const fs = require("fs");
const path = require("path");

const [pack, out, pixels, ...codes] = process.argv.slice(2);
const { Resvg } = require(path.resolve(pack, "../../@resvg/resvg-js"));
const read = (name) => JSON.parse(fs.readFileSync(path.join(pack, name)));
const icons = read("icons.json");
const names = read("chars.json");

function svgOf(code) {
  const name = names[code] || names[`${code}-fe0f`];
  const alias = icons.aliases && icons.aliases[name];
  const icon = icons.icons[name] || (alias && icons.icons[alias.parent]);
  if (!icon) return null;
  const width = icon.width || icons.width || 16;
  const height = icon.height || icons.height || 16;
  const box = `${icon.left || 0} ${icon.top || 0} ${width} ${height}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="${box}">${icon.body}</svg>`;
}

fs.mkdirSync(out, { recursive: true });
for (const code of codes) {
  const target = path.join(out, `${code}.png`);
  const bad = `${target}.bad`;
  const svg = svgOf(code);
  if (!svg || fs.existsSync(target) || fs.existsSync(bad)) continue;
  fs.writeFileSync(bad, "");
  const options = { fitTo: { mode: "width", value: Number(pixels) }, font: { loadSystemFonts: false } };
  fs.writeFileSync(target, new Resvg(svg, options).render().asPng());
  fs.unlinkSync(bad);
}

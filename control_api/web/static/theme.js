// Runs before the first paint: sets the colours and the language of the page, so that nothing flashes.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const read = (key) => {
    try {
      return localStorage.getItem(key) || "";
    } catch {
      return ""; // storage may be forbidden; the defaults serve
    }
  };
  const paint = () => {
    const wanted = read("mcu.theme");
    root.dataset.theme = wanted === "light" || wanted === "dark" ? wanted : dark.matches ? "dark" : "light";
  };
  paint();
  dark.addEventListener("change", paint);
  window.addEventListener("mcu-theme", paint);
  const language = read("mcu.language") || navigator.language || "en";
  root.lang = language.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
})();

// Renders what the page holds as text: mathematics (elements of class `math`) and charts (elements of class `chart`, whose options are in the script element `charts`).
"use strict";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const printing = window.matchMedia("print");
const options = JSON.parse(document.getElementById("charts").textContent);

for (const element of document.querySelectorAll(".math")) {
    katex.render(element.textContent, element, {displayMode: element.classList.contains("display"), throwOnError: true});
}

function theme() {
    return dark.matches && !printing.matches ? "dark" : null;
}

function ground() {
    return getComputedStyle(document.body).backgroundColor;
}

function optionOf(element) {
    const option = structuredClone(options[element.dataset.chart]);
    option.backgroundColor = "transparent";
    option.tooltip.valueFormatter = value => value == null ? "–" : Number(Number(value).toPrecision(4)).toString();
    return option;
}

function draw() {
    for (const element of document.querySelectorAll(".chart")) {
        const old = echarts.getInstanceByDom(element);
        if (old) {
            old.dispose();
        }
        echarts.init(element, theme(), {renderer: "svg"}).setOption(optionOf(element));
    }
}

function download(name, url) {
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
}

function saveSvg(element) {
    const text = echarts.getInstanceByDom(element).renderToSVGString();
    download(element.dataset.chart + ".svg", URL.createObjectURL(new Blob([text], {type: "image/svg+xml"})));
}

function savePng(element) {
    const hidden = document.createElement("div");
    hidden.style.cssText = `position: fixed; left: -10000px; width: ${element.clientWidth}px; height: ${element.clientHeight}px`;
    document.body.append(hidden);
    const chart = echarts.init(hidden, theme(), {renderer: "canvas"});
    chart.setOption(optionOf(element));
    download(element.dataset.chart + ".png", chart.getDataURL({type: "png", pixelRatio: 3, backgroundColor: ground()}));
    chart.dispose();
    hidden.remove();
}

for (const button of document.querySelectorAll("button[data-save]")) {
    const element = button.closest(".panel").querySelector(".chart");
    button.addEventListener("click", () => button.dataset.save === "svg" ? saveSvg(element) : savePng(element));
}

draw();
document.documentElement.dataset.drawn = document.querySelectorAll(".chart svg").length;
dark.addEventListener("change", draw);
printing.addEventListener("change", draw);
window.addEventListener("resize", () => {
    for (const element of document.querySelectorAll(".chart")) {
        echarts.getInstanceByDom(element).resize();
    }
});

// Draws each chart whose option stands in a script element beside it. Without this file the tables say the same.
(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const drawn = [];
  const draw = () => {
    drawn.splice(0).forEach((chart) => chart.dispose());
    for (const script of document.querySelectorAll('script[data-chart]')) {
      const element = document.getElementById(script.dataset.chart);
      const chart = echarts.init(element, dark.matches ? 'dark' : null, {renderer: 'svg'});
      const option = JSON.parse(script.textContent);
      // Patterns besides colours: readable in black and white.
      chart.setOption({
        backgroundColor: 'transparent', animation: false, textStyle: {fontFamily: 'inherit'},
        aria: {enabled: true, decal: {show: true}}, ...option,
      });
      chart.on('click', (event) => { if (event.data && event.data.href) location.href = event.data.href; });
      drawn.push(chart);
    }
  };
  addEventListener('DOMContentLoaded', draw);
  dark.addEventListener('change', draw);
  addEventListener('resize', () => drawn.forEach((chart) => chart.resize()));
})();

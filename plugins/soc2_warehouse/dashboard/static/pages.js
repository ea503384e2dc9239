// Draws each chart whose option stands in a script element beside it. Without this file the tables say the same.
const soc2 = (() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  // Colours are those of pages.css, by name, so that charts follow the theme.
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const drawn = [];
  // Patterns besides colours: readable in black and white.
  const patterns = {
    'pass-fill': {symbol: 'none'},
    'fail-fill': {symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: -Math.PI / 4, color: 'rgba(0,0,0,.4)'},
    'open-fill': {symbol: 'circle', symbolSize: .6, dashArrayX: [[5, 5], [0, 5, 5, 0]], dashArrayY: [5, 0], color: 'rgba(0,0,0,.75)'},
    'soft': {symbol: 'none'},
  };
  const dressed = (series) => {
    if (!series.token) return series;
    const own = {color: colour(series.token), ...series.itemStyle};
    return {...series, itemStyle: series.type === 'bar' ? {...own, decal: patterns[series.token]} : own,
      lineStyle: {color: colour(series.token), ...series.lineStyle}};
  };
  const axis = (given) => given && ({
    ...given,
    axisLine: {lineStyle: {color: colour('edge')}}, splitLine: {lineStyle: {color: colour('line')}},
    axisLabel: {color: colour('soft'), hideOverlap: true, ...given.axisLabel},
  });
  const draw = () => {
    drawn.splice(0).forEach((chart) => chart.dispose());
    for (const script of document.querySelectorAll('script[data-chart]')) {
      const option = JSON.parse(script.textContent);
      // A shape per bar is dear for the browser from some hundred on.
      const shapes = (option.series || []).reduce((sum, one) => sum + (one.data || []).length, 0);
      const chart = echarts.init(document.getElementById(script.dataset.chart), dark.matches ? 'dark' : null, {renderer: shapes > 400 ? 'canvas' : 'svg'});
      chart.setOption({
        backgroundColor: 'transparent', animation: false, textStyle: {fontFamily: 'inherit', color: colour('ink')},
        ...option,
        legend: option.legend && {textStyle: {color: colour('ink')}, ...option.legend},
        tooltip: option.tooltip && {confine: true, backgroundColor: colour('panel'), borderColor: colour('edge'), textStyle: {color: colour('ink')}, ...option.tooltip},
        xAxis: axis(option.xAxis), yAxis: axis(option.yAxis),
        series: (option.series || []).map(dressed),
      });
      chart.on('click', (event) => { if (event.data && event.data.href) location.href = event.data.href; });
      drawn.push(chart);
    }
  };
  addEventListener('DOMContentLoaded', draw);
  dark.addEventListener('change', draw);
  addEventListener('resize', () => drawn.forEach((chart) => chart.resize()));
  return {colour, dark};
})();

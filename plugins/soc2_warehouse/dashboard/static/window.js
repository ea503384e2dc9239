// The heat map of the page Window: drawn by the chart library on one canvas, walked by keyboard with a cursor over it.
addEventListener('DOMContentLoaded', () => {
  const ROW = 15, TOP = 26, BOTTOM = 52, LEFT = 64, RIGHT = 12, FEWEST_SLOTS = 31;
  const PHONE_CELL = 11; // px: a finger's width is reached by zooming further
  const SIGN_CELL = 13; // px: from here a cell has room for its sign
  const data = JSON.parse(document.getElementById('heat-data').textContent);
  const element = document.getElementById('heat'), canvas = document.getElementById('heat-canvas');
  const cursor = document.getElementById('heat-cursor'), told = document.getElementById('heat-cell');
  const start = Date.parse(`${data.first}T00:00:00Z`);
  const dayOf = (number) => new Date(start + number * 864e5).toISOString().slice(0, 10);
  const spoken = (number) => new Date(start + number * 864e5).toLocaleDateString('en-GB', {weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC'});
  const slots = Math.max(data.count, FEWEST_SLOTS), rows = data.controls.length;
  const letters = Object.keys(data.kinds), replays = ['.', ...Object.keys(data.replay)];
  if (!rows) { element.hidden = true; return; }

  // Equal days in a row are one shape.
  const runs = [];
  data.controls.forEach((control, row) => {
    for (let from = 0; from < data.count;) {
      let to = from + 1;
      while (to < data.count && control.cells[to] === control.cells[from] && control.replay[to] === control.replay[from]) to++;
      runs.push([from, row, to - from, letters.indexOf(control.cells[from]), replays.indexOf(control.replay[from])]);
      from = to;
    }
  });

  let chart, at = {row: 0, day: data.count - 1}, zoom = {first: 0, last: slots - 1};
  canvas.style.height = `${rows * ROW + TOP + BOTTOM}px`;
  const address = (row, day) => `${data.base}${encodeURIComponent(data.controls[row].id)}?day=${dayOf(day)}`;

  const shapes = (params, api) => {
    const [from, row, length, letter, replay] = [0, 1, 2, 3, 4].map((index) => api.value(index));
    const first = Math.max(from, zoom.first), last = Math.min(from + length, zoom.last + 1);
    if (first >= last) return null;
    const [width] = api.size([1, 1]), [centre, middle] = api.coord([first, row]);
    const left = centre - width / 2, full = width * (last - first), space = width >= 4 ? 1 : 0;
    const kind = data.kinds[letters[letter]], colour = soc2.colour, children = [];
    const bar = (height, style) => children.push({type: 'rect', shape: {x: left, y: middle - height / 2, width: full - space, height}, style});
    if (kind.status === 'pass') bar(5, {fill: colour('pass-fill')});
    if (kind.status === 'fail') bar(ROW - 3, {fill: colour('fail-fill')});
    if (kind.status === 'not_tested') bar(ROW - 6, {fill: colour('open-fill'), stroke: colour('ink'), lineWidth: 1});
    if (kind.status === 'gap') children.push({type: 'line', shape: {x1: left, x2: left + full - space, y1: middle, y2: middle}, style: {stroke: colour('soft'), lineDash: [2, 2]}});
    if ('re'.includes(replays[replay])) {
      children.push({type: 'line', shape: {x1: left, x2: left + full - space, y1: middle + ROW / 2 - 2, y2: middle + ROW / 2 - 2},
        style: {stroke: colour('link'), lineWidth: 3, lineDash: replays[replay] === 'e' ? [3, 3] : null}});
    }
    if (width >= SIGN_CELL) {
      for (let day = first; day < last; day++) {
        children.push({type: 'text', style: {text: kind.mark, x: left + (day - first + .5) * width, y: middle, align: 'center', verticalAlign: 'middle',
          fontSize: 10, fill: kind.status === 'fail' && !soc2.dark.matches ? '#fff' : colour('ink')}});
      }
    }
    return {type: 'group', children};
  };

  const axisText = () => ({color: soc2.colour('soft'), fontSize: 11});
  const draw = () => {
    if (chart) chart.dispose();
    chart = echarts.init(canvas, null, {renderer: 'canvas', useCoarsePointer: false}); // a finger means the cell under it
    chart.setOption({
      animation: false, textStyle: {fontFamily: getComputedStyle(document.body).fontFamily},
      grid: {left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM},
      xAxis: {type: 'category', position: 'top', data: Array.from({length: slots}, (_, day) => dayOf(day)), axisTick: {show: false},
        axisLine: {lineStyle: {color: soc2.colour('edge')}}, axisLabel: {...axisText(), hideOverlap: true, formatter: (day) => day.slice(5)}},
      yAxis: {type: 'category', inverse: true, data: data.controls.map((control) => control.id), triggerEvent: true, axisTick: {show: false},
        axisLine: {show: false}, axisLabel: {...axisText(), interval: 0, margin: 6},
        splitArea: {show: true, interval: 0, areaStyle: {color: ['transparent', soc2.colour('panel')]}}},
      dataZoom: [
        {type: 'slider', bottom: 6, height: 24, filterMode: 'none', startValue: zoom.first, endValue: zoom.last, brushSelect: false,
          textStyle: axisText(), borderColor: soc2.colour('edge'), labelFormatter: (index) => dayOf(index)},
        {type: 'inside', filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false, startValue: zoom.first, endValue: zoom.last},
      ],
      series: [{type: 'custom', renderItem: shapes, data: runs, encode: {x: 0, y: 1}, clip: true, silent: true}],
    });
    chart.on('datazoom', () => {
      const {startValue, endValue} = chart.getOption().dataZoom[0];
      zoom = {first: startValue, last: endValue};
      chart.setOption({series: [{data: runs}]});
      if (!cursor.hidden) place();
    });
    chart.on('click', {componentType: 'yAxis'}, (event) => { location.href = data.base + encodeURIComponent(event.value); });
    chart.getZr().on('mousemove', (event) => {
      const cell = cellAt(event);
      canvas.style.cursor = cell ? 'pointer' : '';
      chart.getZr().setCursorStyle(cell ? 'pointer' : 'default');
      if (cell && (cell.row !== at.row || cell.day !== at.day || cursor.hidden)) go(cell.row, cell.day, false);
    });
    chart.getZr().on('click', (event) => {
      const cell = cellAt(event);
      if (!cell) return;
      // A finger chooses first; the link in the line above opens what it chose.
      if (finger) go(cell.row, cell.day, false);
      else location.href = address(cell.row, cell.day);
    });
  };

  let finger = false;
  element.addEventListener('pointerdown', (event) => { finger = event.pointerType === 'touch'; }, true);
  const cellAt = (event) => {
    const point = [event.offsetX, event.offsetY];
    if (!chart.containPixel({gridIndex: 0}, point)) return null;
    const [day, row] = chart.convertFromPixel({gridIndex: 0}, point);
    return day >= 0 && day < data.count && row >= 0 && row < rows ? {row, day} : null;
  };

  const place = () => {
    const [x, y] = chart.convertToPixel({gridIndex: 0}, [at.day, at.row]);
    const width = Math.max((chart.getWidth() - LEFT - RIGHT) / (zoom.last - zoom.first + 1), 6);
    cursor.hidden = at.day < zoom.first || at.day > zoom.last;
    cursor.style.cssText = `left:${x - width / 2 - 1}px;top:${y - ROW / 2 - 1}px;width:${width + 2}px;height:${ROW + 2}px`;
  };

  const say = () => {
    const control = data.controls[at.row], kind = data.kinds[control.cells[at.day]], replay = data.replay[control.replay[at.day]];
    const link = document.createElement('a');
    link.href = address(at.row, at.day);
    link.textContent = `${control.id}, ${spoken(at.day)}`;
    const status = document.createElement('span');
    status.className = `status ${kind.status}`;
    status.textContent = `${kind.mark} ${kind.words}`;
    const rest = document.createElement('span');
    rest.className = 'soft';
    rest.textContent = ` ${control.title}`;
    told.replaceChildren(link, ' ', status, replay ? `, ${replay}` : '', rest);
  };

  const go = (row, day, walked) => {
    at = {row: Math.min(Math.max(row, 0), rows - 1), day: Math.min(Math.max(day, 0), data.count - 1)};
    if (at.day < zoom.first || at.day > zoom.last) {
      const shown = zoom.last - zoom.first, first = Math.min(Math.max(at.day - (shown >> 1), 0), slots - 1 - shown);
      chart.dispatchAction({type: 'dataZoom', startValue: first, endValue: first + shown});
    }
    place();
    say();
    if (walked) cursor.scrollIntoView({block: 'nearest'});
  };

  const steps = {
    ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], PageUp: [0, -30], PageDown: [0, 30],
    Home: [0, -Infinity], End: [0, Infinity],
  };
  element.addEventListener('keydown', (event) => {
    if (event.altKey || event.metaKey) return;
    if (event.key === 'Enter') { location.href = address(at.row, at.day); return; }
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    go(at.row + step[0], at.day + step[1], true);
  });
  element.addEventListener('focus', () => { if (element.matches(':focus-visible')) go(at.row, at.day, true); });

  // Where a day would be too thin for the eye, the map opens on the newest days; the slider shows the others.
  const roomy = Math.floor((element.clientWidth - LEFT - RIGHT) / PHONE_CELL);
  if (element.clientWidth < 640 && roomy < data.count) zoom = {first: data.count - roomy, last: data.count - 1};
  draw();
  soc2.dark.addEventListener('change', draw);
  addEventListener('resize', () => { chart.resize(); if (!cursor.hidden) place(); });
});

// The hosts, and what all of them do together.
import { Chart } from './chart.js';
import { $, counted, element } from './chat/dom.js';
import { tell } from './dialog.js';
import { Keyed } from './keyed-list.js';
import { drain, rebalance, resume } from './commands.js';
import { bytes, count, percent, rate, since } from './format.js';

const STATES = { up: 'Up', draining: 'Draining', stopping: 'Stopping' };

const all = {
  members: new Chart('Connections', 4, count),
  messages: new Chart('Messages a second', 4, rate),
  rooms: new Chart('Rooms', 4, count),
  load: new Chart('Load of the machine', 1, rate),
  memory: new Chart('Memory in use', 100, value => percent(value / 100)),
};
$('tiles').append(...Object.values(all).map(chart => chart.node));

const cards = new Keyed($('hosts'), host => host.id, card);
let known = null;
$('rebalance').onclick = rebalance;

/** @param load the answer of `GET /api/v1/load` */
export function showLoad(load) {
  const sum = pick => load.hosts.reduce((total, host) => total + pick(host), 0);
  all.members.push(sum(host => host.connections));
  all.messages.push(sum(host => host.messagesPerSecond));
  all.rooms.push(roomsOf(load), `${count(load.capacity)} more fit`);
  const isOverloaded = load.loadAvg[0] > load.cpus;
  all.load.push(load.loadAvg[0], isOverloaded ? `too much for ${load.cpus} CPUs` : `of ${load.cpus} CPUs`, isOverloaded);
  all.memory.push(load.percentage, `of ${bytes(load.totalMemory)}`);
  cards.show(load.hosts);
  $('rebalance').hidden = load.hosts.length < 2;
  $('hosts-state').textContent = load.hosts.length === 0 ? 'No RoomHost is alive. Rooms come back with the next one that starts.'
    : `${counted(load.hosts.length, 'host')}${load.acceptingConnections ? '' : ', none of which takes new rooms'} · machine up ${since(load.osUpTime)}`;
  tellChanges(load.hosts.map(host => host.id));
}

export const roomsOf = load => load.rooms ? load.rooms.split(',').length : 0;

function tellChanges(ids) {
  const gone = known?.filter(id => !ids.includes(id)) ?? [], come = known ? ids.filter(id => !known.includes(id)) : [];
  if (gone.length > 0) tell(`Gone: ${gone.join(', ')}.`);
  else if (come.length > 0) tell(`New: ${come.join(', ')}.`);
  known = ids;
}

function card({ id }) {
  const charts = [
    [new Chart('CPU', .2, percent), host => host.cpu],
    [new Chart('Messages a second', 4, rate), host => host.messagesPerSecond],
    [new Chart('Connections', 4, count), host => host.connections],
    [new Chart('Memory', 1, bytes), host => host.memory],
  ];
  const state = element('span', 'pill'), place = element('p', 'small muted'), order = element('button', 'button secondary');
  const rooms = element('p', 'small'), figures = element('dl', 'charts', ...charts.map(([chart]) => chart.node));
  let takes = true;
  order.onclick = () => takes ? drain(id) : resume(id);
  return {
    node: element('li', 'card host',
      element('div', 'host-head', element('div', '', element('h3', '', id), place), state), figures, element('div', 'host-foot', rooms, order)),
    update(host) {
      takes = host.state === 'up';
      state.textContent = STATES[host.state] ?? host.state;
      state.dataset.state = host.state;
      place.textContent = `${host.host} · version ${host.version}`;
      rooms.textContent = `${count(host.rooms)} of ${count(host.capacity)} rooms`;
      order.textContent = takes ? 'Drain…' : 'Take rooms again';
      order.setAttribute('aria-label', takes ? `Drain ${id}` : `Let ${id} take rooms again`);
      order.disabled = host.state === 'stopping';
      charts.forEach(([chart, pick]) => chart.push(pick(host)));
    },
  };
}

// The load: totals of the server, and a card for each host.
import { Chart } from './chart.js';
import { $, element, pluralize } from './chat/dom.js';
import { drainHost, rebalance, resumeHost } from './commands.js';
import { showToast } from './dialog.js';
import { formatBytes, formatCount, formatDecimal, formatDuration, formatPercent } from './format.js';
import { KeyedList } from './keyed-list.js';

const STATES = { up: 'Up', draining: 'Draining', stopping: 'Stopping' };

const totals = {
  connections: new Chart('Connections', 4, formatCount),
  messages: new Chart('Messages per second', 4, formatDecimal),
  rooms: new Chart('Rooms', 4, formatCount),
  load: new Chart('System load', 1, formatDecimal),
  memory: new Chart('Memory in use', 100, value => formatPercent(value / 100)),
};
$('tiles').append(...Object.values(totals).map(chart => chart.node));

const cards = new KeyedList($('hosts'), host => host.id, createCard);
let knownIds = null;
$('rebalance').onclick = rebalance;

/** @param load the response of `GET /api/v1/load` */
export function showLoad(load) {
  const sum = valueOf => load.hosts.reduce((total, host) => total + valueOf(host), 0);
  totals.connections.push(sum(host => host.connections));
  totals.messages.push(sum(host => host.messagesPerSecond));
  totals.rooms.push(roomCount(load), `${formatCount(load.capacity)} more possible`);
  const isOverloaded = load.loadAvg[0] > load.cpus;
  totals.load.push(load.loadAvg[0], isOverloaded ? `exceeds ${load.cpus} CPUs` : `of ${load.cpus} CPUs`, isOverloaded);
  totals.memory.push(load.percentage, `of ${formatBytes(load.totalMemory)}`);
  cards.show(load.hosts);
  $('rebalance').hidden = load.hosts.length < 2;
  $('hosts-state').textContent = stateText(load);
  reportChanges(load.hosts.map(host => host.id));
}

export const roomCount = load => load.rooms ? load.rooms.split(',').length : 0;

function stateText({ hosts, acceptingConnections, osUpTime }) {
  if (hosts.length === 0) return 'No RoomHost is running. Rooms reopen when one starts.';
  const refusal = acceptingConnections ? '' : ', none of which accepts new rooms';
  return `${pluralize(hosts.length, 'host')}${refusal} · system uptime ${formatDuration(osUpTime)}`;
}

function reportChanges(ids) {
  const lost = knownIds?.filter(id => !ids.includes(id)) ?? [], added = knownIds ? ids.filter(id => !knownIds.includes(id)) : [];
  if (lost.length > 0) showToast(`No longer available: ${lost.join(', ')}.`);
  else if (added.length > 0) showToast(`New host: ${added.join(', ')}.`);
  knownIds = ids;
}

function createCard({ id }) {
  const charts = [
    [new Chart('CPU', .2, formatPercent), host => host.cpu],
    [new Chart('Messages per second', 4, formatDecimal), host => host.messagesPerSecond],
    [new Chart('Connections', 4, formatCount), host => host.connections],
    [new Chart('Memory', 1, formatBytes), host => host.memory],
  ];
  const state = element('span', 'pill'), address = element('p', 'small muted');
  const rooms = element('p', 'small'), button = element('button', 'button secondary');
  let isUp = true;
  button.onclick = () => isUp ? drainHost(id) : resumeHost(id);
  return {
    node: element('li', 'card host',
      element('div', 'host-head', element('div', '', element('h3', '', id), address), state),
      element('dl', 'charts', ...charts.map(([chart]) => chart.node)),
      element('div', 'host-foot', rooms, button)),
    update(host) {
      isUp = host.state === 'up';
      state.textContent = STATES[host.state] ?? host.state;
      state.dataset.state = host.state;
      address.textContent = `${host.host} · version ${host.version}`;
      rooms.textContent = `${formatCount(host.rooms)} of ${formatCount(host.capacity)} rooms`;
      button.textContent = isUp ? 'Drain…' : 'Resume';
      button.setAttribute('aria-label', isUp ? `Drain ${id}` : `Resume ${id}`);
      button.disabled = host.state === 'stopping';
      charts.forEach(([chart, valueOf]) => chart.push(valueOf(host)));
    },
  };
}

// Connects a room with HTTP in both directions. Arguments: address of the room, port to listen on, webhook.
//   POST http://localhost:{port}/  The body is sent to the room as a message; the response is the logged event.
//   Webhook                        Each new message of other members is sent to it as JSON, once, without retries.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { ChatClient, Refused } from '../../clients/js/chat-client.js'; // In your own project: from 'chatserver-client'

const [url, port, webhook] = process.argv.slice(2);
const chat = new ChatClient({ url, user: 'bridge' });
let joinedAt = 0;

// The history before the first connection is not news. Messages that arrive during a lost connection are: the client resumes.
chat.addEventListener('welcome', ({ detail }) => {
  if (!detail.again) joinedAt = detail.seq;
});
chat.addEventListener('reset', () => joinedAt = 0);

chat.addEventListener('message', ({ detail: { user, text, seq } }) => {
  if (seq <= joinedAt || user === chat.user) return;
  const body = JSON.stringify({ user, text, seq });
  fetch(webhook, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
    .catch(error => console.error(`Webhook failed for message ${seq}: ${error.cause ?? error}`));
});

chat.addEventListener('state', () => console.log(chat.state, chat.reason));
chat.connect();

createServer(async (request, response) => {
  const answer = (status, body) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  try {
    answer(200, await chat.send(await text(request)));
  } catch (error) {
    answer(error instanceof Refused ? 422 : 500, { code: error.code, message: error.message });
  }
}).listen(Number(port), '127.0.0.1');

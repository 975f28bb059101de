// Prints a join token that is valid for a minute: KEY=… node token.mjs {room} {uid} {name} [permission …]
import { createHmac, hkdfSync } from 'node:crypto';

const [room, sub, name, ...permissions] = process.argv.slice(2);
if (!process.env.KEY || !name) throw new Error('Usage: KEY=… node token.mjs {room} {uid} {name} [permission …]');

// The derivation is documented in docs/access-control.md.
const key = Buffer.from(hkdfSync('sha256', process.env.KEY, '', 'chatserver join token v1', 32));
const encode = part => Buffer.from(JSON.stringify(part)).toString('base64url');

const exp = Math.floor(Date.now() / 1000) + 60;
const claims = { sub, name, room, exp, permissions: permissions.length > 0 ? permissions : ['read', 'write'] };
const unsigned = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
console.log(`${unsigned}.${createHmac('sha256', key).update(unsigned).digest('base64url')}`);

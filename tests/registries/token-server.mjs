// A Docker token server (distribution's docs/spec/auth: token.md, oauth.md, scope.md), whose word distribution takes.
import { X509Certificate, randomUUID, sign } from 'node:crypto';
import { text } from 'node:stream/consumers';

import { signingCertificate } from './certificates.mjs';
import { json, send, startScripted } from './scripted.mjs';

/** Passwords by name. alice may do everything, bob may pull; without a name one may pull what is in `public/`. */
export const users = { alice: 'secret', bob: 'hunter2' };

const ISSUER = 'test bed tokens';

/**
 * @param {{ lifetime?: number, post?: number, origin?: string }} [options] `lifetime`: seconds a token is good for, and says
 *   so; `post`: 404 or 405 to refuse POST (OAuth2) with; `origin`: of the pages that may ask (CORS)
 * @returns {Promise<TokenServer>}
 *
 * @typedef {object} TokenServer what `startScripted` returns, and these. All can be changed while it runs; `script` too, for
 *   the answers that no real token server gives
 * @property {string} realm where tokens are had
 * @property {string} issuer
 * @property {string} certificate PEM, for who checks the tokens
 * @property {{ method: string, url: string, headers: object, form?: URLSearchParams }[]} requests with a POST's fields
 * @property {number} issued tokens so far
 * @property {number} refused requests so far, for wrong names, passwords or refresh tokens
 * @property {number} lifetime in seconds
 * @property {number} age seconds that have passed since a new token was issued, as far as its claims tell: distribution 2.8
 *   takes a token until 60 s after its end, so one of `age` > `lifetime` + 60 is refused as expired
 * @property {(answer: object) => object} reshape another answer than the usual one: without `expires_in`, say
 * @property {() => void} revoke all refresh tokens
 */
export async function startTokenServer({ lifetime = 60, post, origin } = {}) {
  const { key, certificate } = await signingCertificate();
  const refreshTokens = new Map();
  const server = await startScripted((request, response) => serve(request, response).catch(() => response.destroy()));
  return Object.assign(server, {
    realm: `${server.url}/token`,
    issuer: ISSUER,
    certificate,
    issued: 0,
    refused: 0,
    lifetime,
    age: 0,
    reshape: (answer) => answer,
    revoke: () => refreshTokens.clear(),
  });

  async function serve(request, response) {
    const entry = server.requests.at(-1);
    if (origin !== undefined) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-allow-headers', 'Authorization, Content-Type');
      response.setHeader('access-control-allow-methods', 'GET, POST');
    }
    const url = new URL(request.url, server.url);
    let reply = send('', { status: 404 });
    if (origin !== undefined && request.method === 'OPTIONS') {
      reply = send('', { status: 204 });
    } else if (url.pathname === '/token' && request.method === 'GET') {
      reply = byGet(url.searchParams, request.headers.authorization);
    } else if (url.pathname === '/token' && request.method === 'POST') {
      entry.form = new URLSearchParams(await text(request));
      reply = post === undefined ? byPost(entry.form) : send('', { status: post });
    }
    reply(request, response);
  }

  /** token.md: whoever gives no name is nobody in particular, and is served too. */
  function byGet(query, authorization) {
    const user = authorization === undefined ? '' : userOf(authorization, refreshTokens);
    if (user === undefined) {
      return refuse({ details: 'incorrect username or password' }, { 'www-authenticate': `Basic realm="${ISSUER}"` });
    }
    const token = issue(user, query.get('service'), query.getAll('scope'));
    return answer(
      { token, access_token: token },
      query.get('offline_token') === 'true' && user !== '' ? { refresh_token: refreshToken(user) } : {},
    );
  }

  /** oauth.md. */
  function byPost(form) {
    const grant = form.get('grant_type');
    let refresh = form.get('refresh_token');
    let user;
    if (grant === 'password') user = checked(form.get('username'), form.get('password'));
    else if (grant === 'refresh_token') user = refreshTokens.get(refresh);
    else return json({ error: 'unsupported_grant_type' }, { status: 400 });
    if (user === undefined) return refuse({ error: 'invalid_grant' });
    if (grant === 'password' && form.get('access_type') === 'offline') refresh = refreshToken(user);
    const token = issue(user, form.get('service'), form.getAll('scope'));
    const scope = form.getAll('scope').join(' ');
    return answer({ access_token: token, scope }, refresh === null ? {} : { refresh_token: refresh });
  }

  function refuse(document, fields) {
    server.refused += 1;
    return json(document, { status: 401, ...fields });
  }

  function answer(token, refresh) {
    const expiry = { expires_in: server.lifetime, issued_at: new Date().toISOString() };
    return json(server.reshape({ ...token, ...expiry, ...refresh }));
  }

  function refreshToken(user) {
    const token = randomUUID();
    refreshTokens.set(token, user);
    return token;
  }

  /** A JWT of what the user may do of what the scopes ask for; distribution finds the key in `x5c`. */
  function issue(user, service, scopes) {
    server.issued += 1;
    const now = Math.floor(Date.now() / 1000) - server.age;
    const header = { typ: 'JWT', alg: 'RS256', x5c: [new X509Certificate(certificate).raw.toString('base64')] };
    const claims = {
      iss: ISSUER,
      sub: user,
      aud: service ?? '',
      exp: now + server.lifetime,
      nbf: now,
      iat: now,
      jti: randomUUID(),
      access: accessOf(user, scopes),
    };
    const encoded = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${encoded}.${sign('RSA-SHA256', Buffer.from(encoded), key).toString('base64url')}`;
  }
}

/** The name, where it is one and the password is its. */
const checked = (name, password) => (Object.hasOwn(users, name) && users[name] === password ? name : undefined);

/** By name and password, or by a refresh token under docker's name for those. */
function userOf(authorization, refreshTokens) {
  const [, encoded] = /^Basic (.+)$/i.exec(authorization) ?? [];
  const [name, ...rest] = Buffer.from(encoded ?? '', 'base64')
    .toString()
    .split(':');
  const password = rest.join(':');
  return name === '<token>' ? refreshTokens.get(password) : checked(name, password);
}

/** scope.md: `type:name:action,action`, where a name may hold colons; several in one parameter, or a parameter each. */
function accessOf(user, scopes) {
  return scopes
    .flatMap((scope) => scope.split(' '))
    .map((scope) => /^([^:]+):(.+):([^:]+)$/.exec(scope))
    .filter(Boolean)
    .map(([, type, name, actions]) => ({ type, name, actions: actions.split(',').filter(allowed(user, type, name)) }))
    .filter(({ actions }) => actions.length > 0);
}

const allowed = (user, type, name) => (action) =>
  user === 'alice' || (action === 'pull' && type === 'repository' && (user === 'bob' || name.startsWith('public/')));

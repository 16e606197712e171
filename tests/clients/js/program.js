// Everything that the JavaScript client 0.16.3 offers for caches, at one protocol version, as counted cases.
// node program.js PACKAGE_ROOT PORT VERSION: prints "ok NAME" or "FAILED NAME" with indented lines, and "done" at the end.
'use strict';
const assert = require('assert');
const path = require('path');
const [root, port, version] = process.argv.slice(2);
require(path.join(path.dirname(root), 'log4js')).configure({appenders: {none: {type: 'stdout', level: 'off'}}, categories: {default: {appenders: ['none'], level: 'off'}}});
const infinispan = require(root);

const CASE_MS = 60000;
const MECHANISMS = ['PLAIN', 'DIGEST-MD5', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-384', 'SCRAM-SHA-512'];
const address = {host: '127.0.0.1', port: Number(port)};
const credentials = (mechanism, userName, password) => ({enabled: true, saslMechanism: mechanism, userName, password});
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const opened = [];

async function connect(options) {
  const client = await infinispan.client(address, Object.assign({version, authentication: credentials('SCRAM-SHA-256', 'admin', 'pass')}, options));
  opened.push(client);
  return client;
}

async function refused(promise, words) {
  const failure = await promise.then(() => null, (error) => error);
  assert.ok(failure, 'it was not refused');
  assert.match(String(failure.message || failure), words);
}

async function until(condition, what) {
  for (const end = Date.now() + 15000; !condition();) {
    assert.ok(Date.now() < end, `not within 15 s: ${what}`);
    await sleep(5);
  }
}

/// From 4.0 a previous value comes with its metadata.
const value = (previous) => (previous !== undefined && previous.value !== undefined ? previous.value : previous);

/// A listener that keeps what it hears, as [event, key].
async function listen(client, names, options) {
  const heard = [];
  let id;
  for (const name of names) {
    const added = await client.addListener(name, (key) => heard.push([name, key]), Object.assign({}, options, id ? {listenerId: id} : {}));
    id = id || added;
  }
  assert.ok(id, 'the listener was not added');
  return {heard, id};
}

const cases = {};

cases['negotiates the version'] = async (c) => assert.strictEqual(c.getProtocolVersion(), version === 'auto' ? '4.1' : version);

cases['puts, gets, removes'] = async (c) => {
  assert.strictEqual(await c.get('k'), undefined);
  assert.strictEqual(await c.put('k', 'v'), undefined);
  assert.strictEqual(await c.get('k'), 'v');
  assert.strictEqual(await c.containsKey('k'), true);
  assert.strictEqual(await c.remove('k'), true);
  assert.strictEqual(await c.remove('k'), false);
  assert.strictEqual(await c.containsKey('k'), false);
};

cases['keeps empty, long and non-ASCII keys and values'] = async (c) => {
  const long = 'x'.repeat(1 << 20);
  for (const [k, v] of [['empty value', ''], ['long', long], ['ключ', 'բարեվ'], ['k'.repeat(70000), 'v']]) {
    await c.put(k, v);
    assert.strictEqual(await c.get(k), v);
  }
};

cases['conditional writes'] = async (c) => {
  assert.strictEqual(await c.replace('k', 'v'), false);
  assert.strictEqual(await c.putIfAbsent('k', 'v0'), true);
  assert.strictEqual(await c.putIfAbsent('k', 'v1'), false);
  assert.strictEqual(await c.replace('k', 'v2'), true);
  const old = await c.getWithMetadata('k');
  assert.strictEqual(old.value, 'v2');
  assert.strictEqual(await c.replaceWithVersion('k', 'v3', old.version), true);
  assert.strictEqual(await c.replaceWithVersion('k', 'v4', old.version), false);
  assert.strictEqual(await c.removeWithVersion('k', old.version), false);
  assert.strictEqual(await c.removeWithVersion('absent', old.version), false);
  assert.strictEqual(await c.removeWithVersion('k', (await c.getWithMetadata('k')).version), true);
  assert.strictEqual(await c.getWithMetadata('k'), undefined);
};

cases['returns previous values'] = async (c) => {
  const previous = {previous: true};
  assert.strictEqual(value(await c.put('k', 'v0', previous)), undefined);
  assert.strictEqual(value(await c.put('k', 'v1', previous)), 'v0');
  assert.strictEqual(value(await c.putIfAbsent('k', 'v2', previous)), 'v1');
  assert.strictEqual(value(await c.putIfAbsent('new', 'v', previous)), undefined);
  assert.strictEqual(value(await c.replace('k', 'v3', previous)), 'v1');
  assert.strictEqual(value(await c.replace('absent', 'v', previous)), undefined);
  const meta = await c.getWithMetadata('k');
  assert.strictEqual(value(await c.replaceWithVersion('k', 'v4', meta.version, previous)), 'v3');
  assert.strictEqual(value(await c.replaceWithVersion('k', 'v5', meta.version, previous)), 'v4');
  assert.strictEqual(value(await c.removeWithVersion('k', meta.version, previous)), 'v4');
  assert.strictEqual(value(await c.remove('k', previous)), 'v4');
  assert.strictEqual(value(await c.remove('k', previous)), undefined);
};

cases['several entries at once'] = async (c) => {
  const pairs = [1, 2, 3].map((i) => ({key: `k${i}`, value: `v${i}`}));
  await c.putAll(pairs);
  assert.strictEqual(await c.size(), 3);
  const got = await c.getAll(['k1', 'k3', 'absent']);
  assert.deepStrictEqual(got.sort((a, b) => a.key.localeCompare(b.key)), [pairs[0], pairs[2]]);
  await c.clear();
  assert.strictEqual(await c.size(), 0);
};

cases['metadata and lifespans'] = async (c) => {
  await c.put('immortal', 'v');
  const immortal = await c.getWithMetadata('immortal');
  assert.deepStrictEqual([immortal.lifespan, immortal.maxIdle], [-1, -1]);
  await c.put('mortal', 'v', {lifespan: '1d', maxIdle: '1h'});
  const mortal = await c.getWithMetadata('mortal');
  assert.deepStrictEqual([mortal.lifespan, mortal.maxIdle], [86400, 3600]);
  await c.put('short', 'v', {lifespan: '100ms'});
  await c.put('idle', 'v', {maxIdle: '100ms'});
  await sleep(200);
  assert.strictEqual(await c.get('short'), undefined);
  assert.strictEqual(await c.get('idle'), undefined);
};

cases['iterates, with and without metadata, in batches'] = async (c) => {
  const expected = [];
  for (let i = 0; i < 30; ++i) expected.push(`k${i}`);
  await c.putAll(expected.map((key) => ({key, value: `v-${key}`})), {lifespan: '1h'});
  for (const [batch, metadata] of [[1, false], [7, true], [1000, true]]) {
    const iterator = await c.iterator(batch, {metadata});
    const seen = [];
    for (let entry = await iterator.next(); !entry.done; entry = await iterator.next()) {
      assert.strictEqual(entry.value, `v-${entry.key}`);
      if (metadata) assert.strictEqual(entry.lifespan, 3600);
      seen.push(entry.key);
    }
    assert.deepStrictEqual(seen.sort(), expected.slice().sort());
    assert.strictEqual(await iterator.close(), true);
  }
};

cases['an iteration that was closed early is gone'] = async (c) => {
  await c.putAll([1, 2, 3, 4].map((i) => ({key: `k${i}`, value: 'v'})));
  const iterator = await c.iterator(1);
  await iterator.next();
  assert.strictEqual(await iterator.close(), true);
  assert.strictEqual(await iterator.close(), false);
};

cases['pings'] = async (c) => { await c.ping(); };

cases['statistics count'] = async (c) => {
  const before = await c.stats();
  await c.put('k', 'v');
  await c.get('k');
  await c.get('absent');
  await c.remove('k');
  await c.remove('absent');
  const after = await c.stats();
  const grown = ['stores', 'hits', 'misses', 'removeHits', 'removeMisses', 'retrievals'].map((name) => after[name] - before[name]);
  assert.deepStrictEqual(grown, [1, 1, 1, 1, 1, 2]);
  assert.ok(after.timeSinceStart >= 0);
};

cases['a listener hears created, modified, removed'] = async (c) => {
  const {heard, id} = await listen(c, ['create', 'modify', 'remove']);
  await c.put('k', 'v0');
  await c.put('k', 'v1');
  await c.remove('k');
  await c.remove('absent');
  await until(() => heard.length >= 3, 'three events');
  assert.deepStrictEqual(heard, [['create', 'k'], ['modify', 'k'], ['remove', 'k']]);
  assert.strictEqual(await c.removeListener(id), true);
  await c.put('k', 'v');
  await sleep(30);
  assert.strictEqual(heard.length, 3);
};

cases['a listener hears expired entries'] = async (c) => {
  const {heard, id} = await listen(c, ['expiry']);
  await c.put('k', 'v', {lifespan: '50ms'});
  await sleep(80);
  await c.get('k');
  await until(() => heard.length, 'the expiry');
  assert.deepStrictEqual(heard, [['expiry', 'k']]);
  await c.removeListener(id);
};

cases['a listener with state hears what is there first'] = async (c) => {
  await c.putAll([1, 2, 3].map((i) => ({key: `k${i}`, value: 'v'})));
  const {heard, id} = await listen(c, ['create'], {includeState: true});
  await until(() => heard.length >= 3, 'the state');
  assert.deepStrictEqual(heard.map((e) => e[1]).sort(), ['k1', 'k2', 'k3']);
  await c.removeListener(id);
};

cases['a listener on a second connection'] = async (c) => {
  const other = await connect();
  const {heard, id} = await listen(other, ['create']);
  await c.put('k', 'v');
  await until(() => heard.length, 'the event');
  assert.strictEqual(await other.removeListener(id), true);
  await other.disconnect();
};

cases['no event for writes that say so'] = async (c) => {
  const {heard, id} = await listen(c, ['create']);
  await c.put('silent', 'v', {flags: infinispan.flags.SKIP_LISTENER_NOTIFICATION});
  await c.put('loud', 'v');
  await until(() => heard.length, 'the event');
  assert.deepStrictEqual(heard, [['create', 'loud']]);
  await c.removeListener(id);
};

cases['JSON keys and values, and the converter with the previous value'] = async () => {
  const json = await connect({cacheName: 'jsonCache', dataFormat: {keyType: 'application/json', valueType: 'application/json'}});
  await json.clear();
  const key = {id: 1, deep: {list: [1, 'two', null]}};
  const converted = [];
  const id = await json.addListener('modify', (event) => converted.push(event), {converterFactory: {name: 'key-value-with-previous-converter-factory'}});
  await json.put(key, {v: 0});
  await json.put(key, {v: 1});
  assert.deepStrictEqual(await json.get(key), {v: 1});
  assert.deepStrictEqual(await json.getAll([key]), [{key, value: {v: 1}}]);
  await until(() => converted.length, 'the converted event');
  assert.deepStrictEqual([converted[0].key, converted[0].value, converted[0].prev], [key, {v: 1}, {v: 0}]);
  await json.removeListener(id);
  await json.disconnect();
};

cases['a near cache forgets what others change'] = async (c) => {
  const near = await connect({nearCache: {maxEntries: 10}});
  await c.put('k', 'v0');
  assert.strictEqual(await near.get('k'), 'v0');
  assert.strictEqual(near.nearCacheSize(), 1);
  await c.put('k', 'v1');
  await until(() => near.nearCacheSize() === 0, 'the invalidation');
  assert.strictEqual(await near.get('k'), 'v1');
  await c.remove('k');
  await until(() => near.nearCacheSize() === 0, 'the invalidation');
  assert.strictEqual(await near.get('k'), undefined);
  await near.disconnect();
};

for (const mechanism of MECHANISMS) {
  cases[`${mechanism}: the right password enters, a wrong one and an unknown user do not`] = async () => {
    const right = await connect({authentication: credentials(mechanism, 'admin', 'pass')});
    await right.put('k', mechanism);
    assert.strictEqual(await right.get('k'), mechanism);
    await right.disconnect();
    await refused(connect({authentication: credentials(mechanism, 'admin', 'wrong')}), /./);
    await refused(connect({authentication: credentials(mechanism, 'nobody', 'pass')}), /./);
  };
}

cases['a named cache is another cache'] = async (c) => {
  const named = await connect({cacheName: 'namedCache'});
  await named.clear();
  await c.put('k', 'default');
  assert.strictEqual(await named.get('k'), undefined);
  await named.disconnect();
};

cases['an unknown cache is said to be unknown'] = async () =>
  refused(connect({cacheName: 'unknownCache'}), /CacheNotFoundException: Cache with name 'unknownCache' not found amongst the configured caches/);

cases['creates and removes caches'] = async (c) => {
  const configuration = '<local-cache statistics="true"><encoding media-type="text/plain"/></local-cache>';
  await c.admin.createCache('made', configuration);
  assert.ok((await c.admin.cacheNames()).includes('made'));
  await refused(c.admin.createCache('made', configuration), /ISPN000507.*made/);
  await c.admin.getOrCreateCache('made', configuration);
  const made = await connect({cacheName: 'made'});
  await made.put('k', 'v');
  assert.strictEqual(await made.get('k'), 'v');
  await made.disconnect();
  await c.admin.removeCache('made');
  assert.ok(!(await c.admin.cacheNames()).includes('made'));
  await refused(connect({cacheName: 'made'}), /CacheNotFoundException/);
};

cases['creates caches from JSON, and refuses a configuration that it cannot read'] = async (c) => {
  await c.admin.createCache('fromJson', '{"local-cache": {"encoding": {"media-type": "text/plain"}}}', {flags: 'VOLATILE'});
  assert.ok((await c.admin.cacheNames()).includes('fromJson'));
  await c.admin.removeCache('fromJson');
  await refused(c.admin.createCache('broken', '<local-cache'), /./);
  assert.ok(!(await c.admin.cacheNames()).includes('broken'));
};

cases['changes a setting of a running cache'] = async (c) => {
  await c.admin.createCache('changing', '<local-cache><encoding media-type="text/plain"/><memory max-count="100"/></local-cache>');
  await c.admin.updateConfigurationAttribute('changing', 'memory.max-count', '5');
  const changing = await connect({cacheName: 'changing'});
  for (let i = 0; i < 50; ++i) await changing.put(`k${i}`, 'v');
  assert.ok(await changing.size() <= 6);
  await refused(c.admin.updateConfigurationAttribute('changing', 'no.such.attribute', '5'), /./);
  await changing.disconnect();
  await c.admin.removeCache('changing');
};

cases['registers and removes schemas'] = async (c) => {
  await c.admin.registerSchema('program.proto', 'syntax = "proto3";\npackage program;\nmessage M { string name = 1; }\n');
  const metadata = await connect({cacheName: '___protobuf_metadata'});
  assert.match(await metadata.get('program.proto'), /message M/);
  assert.strictEqual(await metadata.get('program.proto.errors'), undefined);
  await metadata.put('broken.proto', 'this is no schema');
  assert.ok(await metadata.get('broken.proto.errors'));
  assert.match(await metadata.get('.errors'), /broken\.proto/);
  await metadata.put('broken.proto', 'syntax = "proto3";\nmessage Mended {}\n');
  assert.strictEqual(await metadata.get('broken.proto.errors'), undefined);
  await metadata.remove('broken.proto');
  await c.admin.removeSchema('program.proto');
  assert.strictEqual(await metadata.get('program.proto'), undefined);
  await metadata.disconnect();
};

cases['an unknown task is refused, and the connection lives on'] = async (c) => {
  await refused(c.execute('no such task', {a: 'b'}), /./);
  await c.put('k', 'v');
  assert.strictEqual(await c.get('k'), 'v');
};

cases['a thousand requests at once on one connection'] = async (c) => {
  const numbers = Array.from({length: 1000}, (_, i) => i);
  await Promise.all(numbers.map((i) => c.put(`k${i}`, `v${i}`)));
  const values = await Promise.all(numbers.map((i) => c.get(`k${i}`)));
  values.forEach((value, i) => assert.strictEqual(value, `v${i}`));
};

cases['passes over a server that is not there'] = async () => {
  const client = await infinispan.client([{host: '127.0.0.1', port: 1}, address], {version, authentication: credentials('PLAIN', 'admin', 'pass')});
  await client.ping();
  await client.disconnect();
};

cases['a local server sends no topology'] = async (c) => {
  assert.strictEqual(c.getTopologyInfo().getTopologyId(), 0);
  assert.deepStrictEqual(c.getTopologyInfo().getMembers(), [address]);
};

async function main() {
  const client = await connect();
  for (const [name, body] of Object.entries(cases)) {
    let timer;
    const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`not done within ${CASE_MS} ms`)), CASE_MS); });
    try {
      await client.clear();
      await Promise.race([body(client), late]);
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`FAILED ${name}\n    ${String(error && error.stack || error).replace(/\n/g, '\n    ')}`);
      process.exitCode = 1;
    }
    clearTimeout(timer);
  }
  await Promise.all(opened.map((c) => c.disconnect().catch(() => undefined)));
}

main().catch((error) => console.log(`FAILED the program runs to its end\n    ${error && error.stack || error}\n`)).finally(() => {
  console.log('done');
  process.exit();
});

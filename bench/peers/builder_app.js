// The compared menu in ussd-menu-builder, or in ussd-builder, its fork with the same interface: which, says BENCH_LIBRARY.
//
// A menu object is made for each request. One object for all, as their introductions show it, keeps the caller on itself:
// as soon as its session handlers wait for Valkey, callers at the same time read each other's pages.
'use strict';

const cluster = require('node:cluster');
const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');

// The packages lie where they were prepared, not beside this file.
const load = createRequire(path.join(process.env.BENCH_NODE, 'package.json'));
const Menu = load(process.env.BENCH_LIBRARY);
const express = load('express');
const { createClient } = load('redis');

const compared = JSON.parse(fs.readFileSync(path.join(__dirname, 'menu.json'), 'utf8'));
const languages = new Map(compared.languages.map((one) => [one.key, one]));
const listed = (title, options) => [title, ...options.map((one) => `${one.key}. ${one.name}`)].join('\n');
const moves = (options, state) => Object.fromEntries(options.map((one) => [one.key, state(one)]));

function keepSessions(store) {
    return {
        start: async (id) => {
            // Both leave in one write: the client joins what is asked in one turn of the loop.
            await Promise.all([store.hSet(id, 'open', '1'), store.expire(id, 1800)]);
        },
        set: (id, key, value) => store.hSet(id, key, value),
        get: (id, key) => store.hGet(id, key),
        end: (id) => store.del(id),
    };
}

function buildMenu(store) {
    const menu = new Menu();
    menu.sessionConfig(keepSessions(store));
    menu.startState({
        run: () => menu.con(listed(compared.ask, compared.languages)),
        next: moves(compared.languages, () => 'topics'),
    });
    menu.state('topics', {
        run: async () => {
            await menu.session.set('language', menu.val);
            const language = languages.get(menu.val);
            menu.con(listed(language.ask, language.topics));
        },
        next: { '*^[123]$': 'text' },
    });
    menu.state('text', {
        run: async () => {
            const language = languages.get(await menu.session.get('language'));
            menu.end(language.topics.find((topic) => topic.key === menu.val).text);
        },
    });
    return menu;
}

async function serve() {
    const store = createClient({ socket: { path: process.env.BENCH_REDIS_SOCKET } });
    await store.connect();
    const app = express();
    app.post('/ussd', express.urlencoded({ extended: false }), async (request, response) => {
        const page = await buildMenu(store).run(request.body);
        response.type('text/plain').send(page);
    });
    app.listen(Number(process.env.BENCH_PORT), '127.0.0.1');
}

if (cluster.isPrimary) {
    for (let made = 0; made < Number(process.env.BENCH_WORKERS); made += 1) cluster.fork();
    process.on('SIGTERM', () => process.exit(0));
} else {
    serve();
}

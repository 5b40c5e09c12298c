// A service in Python on a test host: Flask under gunicorn, Debian's packages, a virtual environment that the build makes at the place where it will run.
import type { Host } from '../host/host.ts'
import { operatorKey } from '../host/mirai.ts'
import { until } from '../until.ts'
import type { StoryService } from './code-story.ts'

const ROOT = '/srv/shelf'
const WORK = '/home/claude/shelf'
/** Debian's packages are seen; nothing is fetched. */
const BUILD = ['/usr/bin/python3', '-m', 'venv', '--without-pip', '--system-site-packages', 'venv']

const FILES: Readonly<Record<string, string>> = {
  'app.py': `from flask import Flask, jsonify

from shelf import titles

app = Flask(__name__)


@app.get("/health")
def health():
    return jsonify(status="ok")


@app.get("/books")
def books():
    return jsonify(titles())
`,
  'shelf.py': `BOOKS = ["Botchan", "Kokoro"]


def titles():
    return sorted(BOOKS)
`,
  'tests/test_shelf.py': `from app import app
from shelf import titles


def test_titles_are_sorted():
    assert titles() == ["Botchan", "Kokoro"]


def test_the_books_are_served():
    assert app.test_client().get("/books").json == titles()
`,
  'pyproject.toml': `[project]
name = "shelf"
version = "1"
dependencies = ["flask", "gunicorn"]

[tool.pytest.ini_options]
pythonpath = ["."]

[tool.coverage.run]
source = ["."]
omit = ["venv/*", "tests/*"]
`,
}

const UNIT = `[Unit]
Description=Shelf
[Service]
User=shelf
WorkingDirectory=${ROOT}/current
ExecStart=${ROOT}/current/venv/bin/python -m gunicorn --workers 2 --bind 127.0.0.1:9300 app:app
Restart=on-failure
[Install]
WantedBy=multi-user.target
`

const words = (argv: readonly string[]) => `[${argv.join(', ')}]`
const policy = async (host: Host) => `lang: en
name: shelf
services:
  shelf:
    manager: { systemd: shelf.service }
    health: { url: 'http://127.0.0.1:9300/health', json: { status: ok }, good: 2, of: 3, every: 200ms }
    repo: { path: ${ROOT}, branch: main, deploy: releases }
    build: { argv: ${words(BUILD)} }
    test:
      argv: [venv/bin/python, -m, pytest, -q, --junitxml=report.xml, --cov, '--cov-report=xml:coverage.xml']
      results: { junit: report.xml }
      coverage: { cobertura: coverage.xml }
      within: 2m
people:
  ops1: { keys: ['${await operatorKey(host)}'] }
agents:
  claude: { name: Claude, model: opus, sponsor: ops1 }
policy: { keep: 60s }
`

async function make(host: Host): Promise<void> {
  const seed = '/root/seed'
  await host.ok(['mkdir', '-p', `${seed}/tests`])
  for (const [path, text] of Object.entries(FILES)) await host.put(`${seed}/${path}`, text)
  await host.put('/etc/systemd/system/shelf.service', UNIT)
  await host.ok([
    'bash',
    '-ec',
    `useradd --system --no-create-home --shell /usr/sbin/nologin shelf
cd ${seed} && git init -q -b main && git add . && git -c user.name=seed -c user.email=seed@example.jp commit -qm first
install -d ${ROOT}/releases ${ROOT}/shared
git clone -q --bare ${seed} ${ROOT}/repository.git
cp -a ${seed} ${ROOT}/releases/first && rm -rf ${ROOT}/releases/first/.git
ln -s releases/first ${ROOT}/current
cd ${ROOT}/releases/first && ${BUILD.join(' ')}
git clone -q ${seed} ${WORK} && git -C ${WORK} config user.name Claude && git -C ${WORK} config user.email claude@example.jp
chown -R claude:claude ${WORK}
systemctl daemon-reload && systemctl enable -q --now shelf`,
  ])
  await until('the shelf to answer', 30_000, async () =>
    (await fetched(host, '/health')).includes('ok') ? true : undefined,
  )
}

export async function fetched(host: Host, path: string): Promise<string> {
  return (await host.exec(['curl', '-s', '--max-time', '5', `http://127.0.0.1:9300${path}`])).stdout.trim()
}

export const shelf: StoryService = { name: 'shelf', root: ROOT, work: WORK, policy, make }

// A service in Python on a test host: Flask under gunicorn, Debian's packages, a virtual environment that the build makes at the place where it will run.
import type { Host } from '../host/host.ts'
import { fetched as fetchedFrom, seeded } from './seeded-service.ts'

const PORT = 9300
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

const TEST = `    build: { argv: [${BUILD.join(', ')}] }
    test:
      argv: [venv/bin/python, -m, pytest, -q, --junitxml=report.xml, --cov, '--cov-report=xml:coverage.xml']
      results: { junit: report.xml }
      coverage: { cobertura: coverage.xml }
      within: 2m
`

export const fetched = (host: Host, path: string) => fetchedFrom(host, PORT, path)

export const shelf = seeded({
  name: 'shelf',
  port: PORT,
  files: FILES,
  build: BUILD,
  start: `venv/bin/python -m gunicorn --workers 2 --bind 127.0.0.1:${PORT} app:app`,
  rules: TEST,
})

// Builders, tests and package managers of Python: where they leave what they made.
import type { Tool } from '../tool.ts'
import { type Made, made } from './made.ts'

const PIP_TAKES =
  'i index-url extra-index-url f find-links platform python-version implementation abi upgrade-strategy no-binary only-binary progress-bar proxy retries timeout trusted-host cert client-cert cache-dir'
const PYTHON: readonly Made[] = [
  {
    names: 'pip pip3 pipx',
    alone: 'upgrade pre user force-reinstall',
    verbs: 'install download wheel uninstall',
    files: 'log report',
    trees: 't target prefix root d dest w wheel-dir src b',
    reads: 'r requirement c constraint e editable',
    takes: PIP_TAKES,
    words: 'names',
  },
  {
    names: 'pip pip3',
    verbs: 'download wheel',
    trees: 'd dest w wheel-dir',
    takes: `r requirement c constraint ${PIP_TAKES}`,
    here: true,
    words: 'names',
  },
  {
    names: 'uv',
    verbs: 'pip',
    trees: 't target prefix',
    reads: 'r requirements c constraints',
    files: 'o output-file',
    takes: 'p python',
    words: 'names',
  },
  {
    names: 'uv',
    verbs: 'build export',
    files: 'o output-file',
    trees: 'out-dir',
    takes: 'p python package',
    words: 'names',
  },
  { names: 'uv', verbs: 'venv init', takes: 'p python prompt name', words: 'into' },
  {
    names: 'uv poetry pdm',
    verbs: 'sync add remove install lock update',
    trees: 'directory project C P',
    takes: 'p python G group E extra',
    here: true,
    words: 'names',
    idle: 'dry-run check',
  },
  {
    names: 'poetry pdm',
    verbs: 'export build',
    files: 'o',
    trees: 'd dest',
    takes: 'f format C P directory project',
    words: 'names',
  },
  { names: 'venv virtualenv', takes: 'p python prompt', words: 'into' },
  {
    names: 'conda mamba micromamba',
    verbs: 'create install update env',
    trees: 'p prefix',
    files: 'f',
    takes: 'n name c channel',
    words: 'names',
  },
  {
    names: 'pytest py.test',
    files: 'junitxml junit-xml report-log log-file html json-report-file resultlog',
    trees: 'basetemp cov-report',
    takes: 'k m o p c n W override-ini rootdir maxfail cov color capture tb',
    words: 'names',
  },
  {
    names: 'coverage',
    verbs: 'html xml json lcov report annotate run',
    files: 'o data-file',
    trees: 'd directory',
    takes: 'm rcfile source include omit',
    words: 'names',
  },
  {
    names: 'mypy pyright',
    files: 'junit-xml',
    trees:
      'html-report txt-report xml-report lineprecision-report any-exprs-report cobertura-xml-report cache-dir',
    takes: 'p m c python-version config-file',
  },
  {
    names: 'pyinstaller nuitka nuitka3',
    trees: 'distpath workpath specpath output-dir',
    files: 'output-filename',
    takes: 'n name i icon add-data add-binary hidden-import',
  },
  {
    names: 'cx_Freeze cxfreeze pex shiv zipapp',
    files: 'o output output-file',
    trees: 'target-dir',
    takes: 'm c e r p',
    words: 'read',
  },
  { names: 'cProfile profile', files: 'o', takes: 's m', style: 'posix' },
  { names: 'sphinx-build', trees: 'd', files: 'w', takes: 'b a c D A j', words: 'second' },
  { names: 'mkdocs', verbs: 'build', trees: 'd site-dir', reads: 'f config-file', words: 'names' },
  {
    names: 'jupyter nbconvert papermill',
    trees: 'output-dir',
    files: 'output',
    takes: 'to template',
    words: 'names',
  },
  {
    names: 'cookiecutter copier',
    trees: 'o output-dir',
    takes: 'c checkout config-file directory',
    words: 'read',
  },
  {
    names: 'ruff flake8 pylint bandit',
    files: 'o output-file output tee',
    takes: 'config select ignore f format',
    words: 'names',
  },
]

export const PYTHON_MAKERS: readonly Tool[] = PYTHON.map(made)

// What prints settings for the shell that evaluates it: `eval "$(direnv hook bash)"`. Variables and functions of this shell, and nothing else.
import { NOTHING } from '../stream.ts'
import type { Tool } from '../tool.ts'
import { prefix } from '../value.ts'

const prints = (names: string, verbs: RegExp): Tool => ({
  names,
  style: 'posix',
  harmless: '-',
  act: (call) => (call.args.some(({ value }) => verbs.test(prefix(value))) ? NOTHING : undefined),
})

export const SHELL_SETUP: readonly Tool[] = [
  prints('direnv', /^(?:hook|stdlib)$/),
  prints('pyenv rbenv nodenv jenv goenv plenv phpenv', /^(?:init|virtualenv-init)$/),
  prints('brew', /^shellenv$/),
  prints('starship zoxide atuin oh-my-posh navi', /^init$/),
  prints('mise rtx', /^(?:activate|hook-env|env)$/),
  prints('fnm', /^(?:env|completions)$/),
  prints('conda mamba micromamba', /^shell(?:\..*)?$/),
  prints('opam luarocks', /^(?:env|path)$/),
  prints('docker-machine', /^env$/),
  prints('minikube', /^(?:docker|podman)-env$/),
  prints('thefuck', /^(?:--alias|-a)/),
  prints('fzf sk', /^--(?:bash|zsh|fish)$/),
  prints('keychain', /^--(?:eval|agents)/),
  prints('register-python-argcomplete dircolors gdircolors lesspipe lesspipe.sh', /./),
  prints(
    'kubectl oc helm gh glab npm pnpm poetry rustup uv ruff docker podman minikube kind k3d argocd flux just task deno pip',
    /^(?:completions?|generate-shell-completion|--completions?)$/,
  ),
]

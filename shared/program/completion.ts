/** The script that completes a command's words in bash and, through its bashcompinit, in zsh: it runs no program of ours. */

import { type Command, type CommandLine, type Declarations, declarationsOf, firstWordOf } from './declarations';

/**
 * A script to be read by the shell: `source <(servent completion)`. It finds out which slot the cursor is in, and offers what
 * stands for that slot in a table: `up:0` is the first positional word of the command `up`, `:--io` what stands behind --io.
 */
export function completionScript(commandLine: CommandLine<unknown>): string {
  const { name, commands } = commandLine;
  const own = `_${name.replaceAll('-', '_')}_completion`;
  const lone = commands.length === 1 && firstWordOf(commands[0]!) === '';
  const slots = commands.flatMap((command) => slotsOf(commandLine, command));
  if (!lone) slots.unshift([':0', [...commands.map(firstWordOf), 'completion']]);
  return `# Completion of ${name} for bash and zsh: source <(${name} completion)
[ -n "\${ZSH_VERSION-}" ] && { autoload -Uz compinit bashcompinit; (( \${+functions[compdef]} )) || compinit; bashcompinit; }
${own}() {
  local IFS=$'\\n' word="\${COMP_WORDS[COMP_CWORD]}" command='' option='' candidates='' each i
  local -i position=0
  for ((i = 1; i < COMP_CWORD; i++)); do
    each="\${COMP_WORDS[i]}"
    case "$each" in
      =) ;;
${indented(optionsWithValue(commands), '      ')}
      -?*) option='' ;;
      *)
        if [ -n "$option" ]; then option=''
        elif ${lone ? 'false' : '[ -z "$command" ]'}; then command="$each"
        else position=position+1
        fi ;;
    esac
  done
  [ "$word" = = ] && word=''
  COMPREPLY=()
  if [ -z "$option" ] && [ "\${word#-}" != "$word" ]; then option=-; fi
  case "$command:\${option:-$position}" in
${indented(slots.map(caseOf), '    ')}
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "$word"))
  case "$candidates" in *"(files)"*)
    COMPREPLY=($(compgen -W "\${candidates#*"(files)"}" -- "$word"; compgen -f -- "$word"))
    compopt -o filenames 2> /dev/null
  esac
  return 0
}
complete -F ${own} ${name}`;
}

/** What stands for files among a slot's candidates. */
const FILES = '(files)';

type Slot = readonly [where: string, candidates: readonly string[]];

/** The options themselves, what stands behind each, and the positional words; of the last of them there may be many. */
function slotsOf(commandLine: CommandLine<unknown>, command: Command<unknown>): Slot[] {
  const { files = [], suggestions = {} } = commandLine;
  const { positionals, options } = declarationsOf(command);
  const candidatesOf = (name: string, choices: readonly string[] = []): string[] => [
    ...new Set([...(files.includes(name) ? [FILES] : []), ...choices, ...(suggestions[name]?.() ?? [])]),
  ];
  const place = firstWordOf(command);
  return [
    [`${place}:-`, [...options.keys()].map((name) => `--${name}`)],
    ...[...options].map(([name, { choices }]): Slot => [`${place}:--${name}`, candidatesOf(name, choices)]),
    ...[...positionals].map(
      ([name, { array }], i): Slot => [
        array ? `${place}:${i === 0 ? '[0-9]*' : `[${i}-9]*`}` : `${place}:${i}`,
        candidatesOf(name),
      ],
    ),
  ].filter(([, candidates]) => candidates.length > 0) as Slot[];
}

function caseOf([where, candidates]: Slot): string {
  return `${where}) candidates=$'${candidates.join('\\n')}' ;;`;
}

/** A case for each option that the next word belongs to, by its long name whichever is written. */
function optionsWithValue(commands: readonly Command<unknown>[]): string[] {
  const all = new Map<string, string>();
  for (const { options } of commands.map(declarationsOf) as Declarations[]) {
    for (const [name, { type, alias }] of options) {
      if (type === 'boolean') continue;
      all.set(name, alias === undefined ? `--${name}` : `--${name} | -${alias}`);
    }
  }
  return [...all].map(([name, written]) => `${written}) option=--${name} ;;`);
}

function indented(lines: readonly string[], by: string): string {
  return lines.map((line) => by + line).join('\n');
}

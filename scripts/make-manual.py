#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make-manual.py [--list] VERSION HEADER... [--out FOLDER]: writes the manual pages of the C interface, from the comments of
the headers: a page for each kind of object, and one of its name for each function, which sends `man` there. --list prints
the names of these files instead.

A comment is about the declarations below it, up to the next comment or blank line; one behind a declaration is about that
one. A comment with a blank line below it is about all that follows on its page. The list at the head of tongs/metal.h,
"- Name: text", becomes a section of every page."""
import pathlib
import re
import sys

# The pages: name, what it is about, and the beginnings of the names that are on it; the longest one counts.
PAGES = {
    'tongs_device': ('Metal devices', ['tongs_device_', 'MTLC', 'MTLR']),
    'tongs_heap': ('memory that buffers and textures are placed in', ['tongs_heap_', 'tongs_device_new_heap']),
    'tongs_buffer': ('buffers', ['tongs_buffer_', 'tongs_device_new_buffer', 'tongs_deallocator']),
    'tongs_texture': ('textures, their views and their texels', ['tongs_texture_', 'tongs_device_new_texture']),
    'tongs_resource': ('what buffers and textures have in common', ['tongs_resource_']),
    'tongs_shareable': ('objects that other processes can get', ['tongs_device_new_shareable_', 'tongs_handle_send',
                                                                 'tongs_handle_receive']),
    'tongs_shared_event': ('values that the CPU and commands signal and wait for', ['tongs_shared_event_', 'tongs_device_new_shared_event']),
    'tongs_command_buffer': ('command queues and command buffers', ['tongs_command_', 'tongs_device_new_command']),
    'tongs_encoder': ('encoders of a command buffer', ['tongs_encoder_', 'tongs_command_buffer_new_']),
    'tongs_blit': ('copies by commands', ['tongs_blit_']),
    'tongs_render': ('render passes that clear and resolve', ['tongs_render_', 'tongs_command_buffer_new_render']),
    'tongs_fence': ('order between command buffers of several queues', ['tongs_fence_', 'tongs_device_new_fence']),
    'tongs_surface': ('IOSurfaces in C', ['tongs_surface_']),
    'tongs_handle': ('handles from Vulkan, and their kinds', ['tongs_handle_', 'tongs_kind']),
    'tongs_message': ('messages, the version, and what methods do', ['tongs_set_message', 'tongs_version', 'tongs_visit',
                                                                   'tongs_message_', 'tongs_method_']),
    'tongs_format': ('formats of Vulkan and Metal', ['tongs_format', 'tongs_numeric_']),
    'IOSurface': ('IOSurfaces by the names of Apple\'s functions', ['IOSurface']),
}
# On another page than their names say.
ELSEWHERE = {'tongs_heap_from_handle': 'tongs_handle', 'tongs_buffer_from_handle': 'tongs_handle',
             'tongs_texture_from_handle': 'tongs_handle', 'tongs_surface_from_handle': 'tongs_handle',
             'tongs_texture_is_shareable': 'tongs_shareable', 'tongs_surface_new_shareable': 'tongs_shareable',
             'tongs_device_new_texture_from_surface': 'tongs_surface', 'tongs_texture_get_surface': 'tongs_surface',
             'tongs_texture_get_surface_plane': 'tongs_surface'}
EXPORT = re.compile(r'^(TONGS_API|IOSURFACE_API|extern) ')
OVERVIEW = 'tongs-metal'


def find_page(name):
    """Of a function, or of a type: its page."""
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    found = [(len(start), page) for page, (_, starts) in PAGES.items() for start in starts if name.startswith(start)]
    return max(found)[1] if found else None


def clean(comment):
    text = re.sub(r'^/\*+ ?|\s*\*/$', '', comment)
    return re.sub(r'\n[ \t]*\* ?', '\n', text).strip()


undescribed = []  # functions
pageless = []  # and types


class Part:
    """Declarations with one comment."""
    def __init__(self, comment):
        self.comment, self.declarations = comment, []


def split(text):
    """Comments, declarations with the comment behind them, and blank lines."""
    text = re.sub(r'^#.*(?:\\\n.*)*\n', '', text, flags=re.MULTILINE)
    text = re.sub(r'^extern "C" \{\n|^\}\n', '', text, flags=re.MULTILINE)
    at = 0
    while at < len(text):
        if match := re.compile(r'[ \t]*/\*.*?\*/', re.DOTALL).match(text, at):
            yield 'comment', match[0].strip(), ''
            at = match.end() + text.startswith('\n', match.end())
        elif match := re.compile(r'[ \t]*\n').match(text, at):
            yield 'blank', '', ''
            at = match.end()
        else:
            end, depth, start = at, 0, at
            while text[end] != ';' or depth:
                if text.startswith('/*', end):
                    end = text.index('*/', end) + 1
                depth += {'{': 1, '}': -1}.get(text[end], 0)
                end += 1
            line = text.index('\n', end)
            behind = text[end + 1:line].strip()
            if behind.startswith('/*') and '*/' not in behind:
                line = text.index('\n', text.index('*/', end))
                behind = text[end + 1:line].strip()
            yield 'declaration', text[start:end + 1].strip(), clean(behind) if behind else ''
            at = line + 1


def read_header(text):
    """A list of Part, and of str for comments about what follows."""
    parts, current, waiting = [], None, None
    for kind, body, behind in split(text):
        if kind == 'comment':
            if waiting:
                parts.append(waiting)
            waiting, current = clean(body), None
        elif kind == 'blank':
            if waiting:
                parts.append(waiting)
            waiting = current = None
        else:
            if not current:
                current = Part(waiting or '')
                waiting = None
                parts.append(current)
            current.declarations.append((body, behind))
    return parts


def get_name(declaration):
    """The function's name, or None."""
    if not EXPORT.match(declaration) or '(' not in declaration or declaration.startswith('extern "C"'):
        return None
    match = re.search(r'(\w+)\s*\(', re.sub(r'/\*.*?\*/', '', declaration))
    return match[1] if match else None


def read_objective_c(text):
    """The functions of a header of Objective-C: (comment, [(prototype, name, '')])."""
    for match in re.finditer(r'(/\*(?:(?!\*/).)*\*/\n)?MTL_EXTERN ([^;]*?\b(MTL(?!_)\w+)\([^;]*\)[^;()]*);', text, re.DOTALL):
        declaration = re.sub(r'MTL_OF\((.*?)\) ', r'', re.sub(r' MTL_RETURNS_RETAINED', '', match[2]))
        declaration = re.sub(r'MTL_(?:STRONG|NULLABLE|NONNULL) ?', '', declaration)
        yield clean((match[1] or '').strip()), [('extern ' + declaration + ';', match[3], '')]


def read(headers):
    """Pages by name: a list of (header, Part, [(prototype, name, behind)], section text)."""
    pages = {page: [] for page in PAGES}
    rules = ''
    for header in headers:
        text = header.read_text(encoding='utf-8')
        include = '/'.join(header.parts[header.parts.index('include') + 1:])
        about = None
        if '@protocol' in text:
            pages['tongs_device'] += [(include, *row, None) for row in read_objective_c(text)]
            continue
        for part in read_header(text):
            if isinstance(part, str):
                rules = part if '- Ownership:' in part else rules
                about = None if part.startswith('SPDX') or '- Ownership:' in part else part
                continue
            by_page = {}
            for declaration, behind in part.declarations:
                name = get_name(declaration)
                type_name = re.match(r'(?:typedef .*?\(\*|struct |enum )(\w+)', declaration)
                page = find_page(name) if name else None
                if not name and type_name and ('{' in declaration or declaration.startswith('typedef')):
                    page = find_page(type_name[1] + '_') or find_page(type_name[1])
                    if not page:
                        pageless.append(type_name[1])
                if name and not page:
                    pageless.append(name)
                if page:
                    by_page.setdefault(page, []).append((declaration, name, behind))
            for page, rows in by_page.items():
                pages[page].append((include, part.comment, rows, about))
                about = None
    return pages, rules


def escape(text):
    text = text.replace('\\', r'\e').replace('-', r'\-').replace("'", r'\(aq').replace('`', '').replace('…', '...')
    text = text.replace('–', r'\-').replace('×', 'x')
    return re.sub(r'^(\.)', r'\\&\1', text, flags=re.MULTILINE)


def fill(text):
    """Text in which no name is hyphenated."""
    return re.sub(r'(?<![\w%])(\w+[_(]\w*|\w+:(?=[\w:]))', r'\\%\1', escape(' '.join(text.split())))


def paragraphs(text):
    text = text.strip()
    return '\n.PP\n'.join(fill(paragraph) for paragraph in re.split(r'\n\s*\n', text[:1].upper() + text[1:]))


def words(text):
    return text.replace('_', ' ').replace(' id', ' ID').replace('uuid', 'UUID').replace('gpu', 'GPU').replace('cpu', 'CPU')


def describe(name, declaration):
    """What the name says, for a function without a comment; None: it says nothing."""
    match = re.match(r'tongs_(device|heap|buffer|texture|resource|shared_event|command_queue|command_buffer|encoder|fence|'
                     r'surface)_(get|set|is|has|supports)_(\w+)$', name)
    if match:
        thing, verb, rest = words(match[1]), match[2], words(match[3])
        if verb == 'get' and ' void ' in f' {declaration[:20]}':
            verb = 'write'
        return {'get': f'Returns the {rest} of the {thing}.', 'write': f'Writes the {rest} of the {thing}.', 'set': f'Sets the {rest} of the {thing}.',
                'is': f'Returns whether the {thing} is {rest}.', 'has': f'Returns whether the {thing} has {rest}.',
                'supports': f'Returns whether the {thing} supports {rest}.'}[verb]
    match = re.match(r'IOSurface(?:Get|Is)(\w+)$', name)
    if match:
        return 'Returns what the name says: ' + re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', match[1]).lower() + '.'
    return None


def prototype(declaration):
    text = EXPORT.sub('', declaration)
    return re.sub(r'\s+', ' ', text).replace('( ', '(')


def describe_part(comment, rows):
    lines = []
    for index, (declaration, name, _) in enumerate(rows):
        lines.append(('.TP' if index == 0 else '.TQ') + '\n.B ' + (escape(name) if name else escape(title(declaration))))
    texts = [comment] if comment else []
    for declaration, name, behind in rows:
        own = behind or (describe(name, declaration) if name and not comment else None)
        if own:
            texts.append(own if len(rows) == 1 or own.startswith('Returns') or own.startswith('Sets')
                         else f'{name}: {own}')
    if not texts and rows[0][1]:
        undescribed.extend(name for _, name, _ in rows)
    lines.append('\n.IP\n'.join(fill(t) for text in texts for t in re.split(r'\n\s*\n', text)))
    for declaration, name, _ in rows:
        if not name and '{' in declaration:
            lines.append('.IP\n.EX\n' + escape(re.sub(r'\t', '    ', declaration)) + '\n.EE')
        elif not name:
            lines.append('.IP\n.EX\n' + escape(re.sub(r'\s+', ' ', declaration)) + '\n.EE')
    return '\n'.join(line for line in lines if line)


def title(declaration):
    match = re.match(r'typedef .*?\(\*(\w+)|((?:struct|enum) \w*)', declaration)
    return (match[1] or match[2]).strip()


def owned(rows):
    """"tongs_device_new_buffer: tongs_buffer_unref" for what returns a reference."""
    for _, _, part_rows, _ in rows:
        for declaration, name, _ in part_rows:
            match = name and re.match(r'struct (tongs_\w+) \*', EXPORT.sub('', declaration))
            if match and re.search(r'_(new|ref)(_|$)', name):
                yield name, match[1] + '_unref'


def sections(rules):
    """The head comment's list: {'OWNERSHIP': text}."""
    found = re.findall(r'^ *- (\w+): (.*?)(?=^ *- \w+:|\Z)', rules, re.MULTILINE | re.DOTALL)
    return {name.upper(): text for name, text in found}


def write_page(page, rows, rules, version):
    names = [name for _, _, part_rows, _ in rows for _, name, _ in part_rows if name]
    includes = sorted({include for include, _, _, _ in rows})
    out = [f'.\\" Made by scripts/make-manual.py\n.TH {escape(page.upper())} 3 "" "Tongs {version}" "Tongs C Interface"',
           '.ad l', '.SH NAME', ',\n'.join(map(escape, names)) + f' \\- {escape(PAGES[page][0])}', '.SH SYNOPSIS', '.nf']
    out += [f'.B #include <{include}>' for include in includes]
    out.append('.PP')
    out += [escape(prototype(declaration)) for _, _, part_rows, _ in rows for declaration, name, _ in part_rows if name]
    out += ['.fi', '.PP', 'Link with the flags of', '.BR "pkg\\-config \\-\\-cflags \\-\\-libs tongs" .', '.SH DESCRIPTION']
    for _, comment, part_rows, about in rows:
        if about:
            out.append(('' if out[-1].startswith('.SH') else '.PP\n') + paragraphs(about))
        # Without a comment, each function has a text of its own.
        for group in [part_rows] if comment else [[row] for row in part_rows]:
            out.append(describe_part(comment, group))
    own_rules = 'IOSurface/IOSurfaceRef.h' in includes  # its head says all that
    for name, text in [] if own_rules else sections(rules).items():
        out += ['.SH ' + name, paragraphs(text)]
        if name == 'OWNERSHIP':
            releases = {}
            for function, unref in owned(rows):
                releases.setdefault(unref, []).append(function)
            for unref, functions in releases.items():
                out += ['.TP', f'.BR {fill(unref)} (3)', 'releases what ' + fill(', '.join(functions)) +
                        (' return.' if len(functions) > 1 else ' returns.')]
    others = [other for other in sorted(PAGES, key=str.lower) if other != page]
    out += ['.SH SEE ALSO'] + [f'.BR {fill(other)} (3),' for other in others]
    out += [f'.BR {escape(OVERVIEW)} (3),', '.BR tongs (1),', '.BR tongs\\-layer (7)']
    return '\n'.join(out) + '\n'


def write_overview(pages, rules, version):
    out = [f'.\\" Made by scripts/make-manual.py\n.TH TONGS\\-METAL 3 "" "Tongs {version}" "Tongs C Interface"', '.SH NAME',
           'tongs\\-metal \\- the C interface to Tongs\\(aq Metal objects', '.SH SYNOPSIS', '.B #include <tongs/metal.h>',
           '.br', '.B cc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs tongs)', '.SH DESCRIPTION',
           paragraphs(re.split(r'Unless a declaration', rules)[0]), '.PP',
           'Each function has a page of its name. They are grouped:']
    for page, (about, _) in sorted(PAGES.items(), key=lambda row: row[0].lower()):
        out += ['.TP', f'.BR {escape(page)} (3)', escape(about)]
    for name, text in sections(rules).items():
        out += ['.SH ' + name, paragraphs(text)]
    return '\n'.join(out + ['.SH SEE ALSO', '.BR tongs (1),', '.BR tongs\\-layer (7)']) + '\n'


def main():
    arguments = sys.argv[1:]
    listing = arguments[0] == '--list'
    version, *headers = arguments[listing:]
    if '--out' in headers:
        folder = pathlib.Path(headers[headers.index('--out') + 1])
        headers = headers[:headers.index('--out')]
    pages, rules = read([pathlib.Path(header).resolve() for header in headers])
    files = {OVERVIEW + '.3': write_overview(pages, rules, version)}
    for page, rows in pages.items():
        files[page + '.3'] = write_page(page, rows, rules, version)
        for _, _, part_rows, _ in rows:
            for _, name, _ in part_rows:
                if name:
                    files[name + '.3'] = f'.so man3/{page}.3\n'
    if pageless:
        raise SystemExit('make-manual.py: no page is for these: ' + ', '.join(pageless))
    if undescribed:
        raise SystemExit('make-manual.py: no comment says what these do: ' + ', '.join(undescribed))
    if listing:
        print('\n'.join(sorted(files)))
        return
    for name, text in files.items():
        (folder / name).write_text(text, encoding='utf-8')


main()

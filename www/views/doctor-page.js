// What stands between this page and a registry, and the settings that help.

import { h } from '../dom.js';
import { plural } from '../text/format.js';
import { copyButton } from '../ui/copy.js';
import { part } from '../ui/part.js';
import { block, facts } from './common.js';
import { finding } from './doctor.js';
import { field, pageHead } from './forms.js';

export function doctorView({ session, sessionFor, route, signal }) {
  const result = h('div', { 'aria-live': 'polite' });
  const address = h('input', {
    id: 'doctor-address',
    required: true,
    spellcheck: 'false',
    autocapitalize: 'none',
    placeholder: 'localhost:5000',
    value: route.query?.registry ?? session?.label ?? '',
  });
  const username = h('input', { id: 'doctor-user', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'none' });
  const password = h('input', { id: 'doctor-password', type: 'password', autocomplete: 'off' });
  const repository = h('input', {
    id: 'doctor-repository',
    spellcheck: 'false',
    autocapitalize: 'none',
    placeholder: 'the first one',
    value: route.query?.repository ?? '',
  });
  const submit = h('button', { type: 'submit', class: 'primary' }, 'Test');

  let testing;
  const test = () => {
    testing?.abort();
    testing = new AbortController();
    const ending = AbortSignal.any([signal, testing.signal]);
    submit.textContent = 'Test again';
    const choice = { address: address.value.trim(), username: username.value.trim(), password: password.value };
    const options = repository.value.trim() ? { repository: repository.value.trim() } : {};
    result.replaceChildren(
      part({
        signal: ending,
        lines: 8,
        label: 'Testing the registry',
        work: async () => {
          // The session has the login that it was opened with; what is typed here is for this test.
          const isSession = session && choice.address === session.label && !choice.username;
          const examined = isSession ? session : sessionFor(choice);
          return named(await examined.diagnose(ending, options), examined);
        },
        render: report,
      }),
    );
  };
  const element = h(
    'div',
    { class: 'view' },
    pageHead(
      session,
      'Doctor',
      'Tests what works between this page and a registry, and tells the settings for the rest. It changes nothing.',
    ),
    h(
      'form',
      {
        class: 'block',
        onsubmit: (event) => {
          event.preventDefault();
          test();
        },
      },
      h(
        'div',
        { class: 'form-grid' },
        field('Registry', address),
        field('Repository', repository, { note: 'optional' }),
        field('User', username, { note: 'optional' }),
        field('Password', password, { note: 'optional' }),
      ),
      h('div', { class: 'actions' }, submit),
    ),
    result,
  );
  if (address.value) test();
  return { element, title: 'Doctor' };
}

/** Under the registry's own name: the address of a proxy may have a secret in it. */
function named(diagnosis, { client, label }) {
  const rename = (text) => text.replaceAll(client.host, label);
  return {
    ...diagnosis,
    registry: label,
    text: rename(diagnosis.text),
    findings: diagnosis.findings.map((one) => ({ ...one, message: rename(one.message) })),
  };
}

const SEVERITIES = { error: 'Problem', warning: 'Warning', info: 'Note' };

function report(diagnosis) {
  const { findings, text } = diagnosis;
  const problems = findings.filter(({ severity }) => severity !== 'info');
  const verdict =
    problems.length > 0
      ? `${plural(problems.length, 'problem')} found`
      : findings.length > 0
        ? 'This page can work with the registry'
        : 'Everything works';
  return h(
    'div',
    { class: 'stack' },
    h(
      'section',
      { class: 'block' },
      h(
        'div',
        { class: 'title-line' },
        h('h2', { class: problems.length > 0 ? 'bad' : 'good' }, verdict),
        copyButton(() => text, 'the report', { caption: 'Copy the report' }),
      ),
      findings.length > 0
        ? h(
            'ul',
            { class: 'findings' },
            findings.map((one) =>
              h(
                'li',
                {},
                finding(one, [h('strong', { class: `severity ${one.severity}` }, SEVERITIES[one.severity]), ' ']),
              ),
            ),
          )
        : null,
    ),
    h(
      'div',
      { class: 'pair' },
      block('Registry', registryFacts(diagnosis)),
      block('What works', supportFacts(diagnosis)),
    ),
  );
}

const yesNo = (value, yes = 'yes', no = 'no') => (value === undefined ? undefined : value ? yes : no);

function registryFacts({ registry, page, reachable, apiVersion, server, auth, repository }) {
  return facts([
    ['Address', registry],
    ['This page', page],
    ['Responds', yesNo(reachable)],
    ['Protocol', apiVersion === undefined ? undefined : `Registry API v${apiVersion}`],
    ['Server', server],
    ['Login', auth.scheme],
    ['Realm', auth.realm],
    ['Service', auth.service],
    ['Credentials', yesNo(auth.credentialsAccepted, 'accepted', 'refused')],
    ['Examined repository', repository],
  ]);
}

const SUPPORT = { yes: 'yes', no: 'no', denied: 'not with these credentials', unknown: 'not observed' };
const PAGING = { link: ', in pages', last: ', in pages without a visible Link', none: ', in one response' };

function supportFacts({ cors, catalog, tags, referrers, delete: deletion }) {
  const list = ({ status, paging }) => `${SUPPORT[status]}${PAGING[paging] ?? ''}`;
  return facts([
    ['Catalog', list(catalog)],
    ['Tags', list(tags)],
    ['Referrers API', SUPPORT[referrers.status]],
    ['Deletion', SUPPORT[deletion.status]],
    ['CORS', cors && yesNo(cors.allowed, 'this page may read responses', 'this page may read nothing')],
    ['Preflight: Accept', yesNo(cors?.preflight.accept, 'passes', 'refused')],
    ['Preflight: login', yesNo(cors?.preflight.authorization, 'passes', 'refused')],
    ['Preflight: DELETE', yesNo(cors?.preflight.delete, 'passes', 'refused')],
    ['Hidden header fields', cors?.hiddenHeaders.join(', ')],
  ]);
}

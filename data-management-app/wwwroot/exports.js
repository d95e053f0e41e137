// Progress as it happens, and only the columns of the data that are chosen. Without this the page looks again by itself.
'use strict';

const files = () => document.getElementById('files');

function show(event) {
  const now = JSON.parse(event.data);
  const row = files().querySelector(`[data-export="${now.id}"]`);
  if (!row || !now.isOpen) {
    look();
    return;
  }
  const put = (part, text) => { const at = row.querySelector(`[data-part="${part}"]`); if (at) at.textContent = text; };
  put('rows', now.rows);
  put('size', now.size);
  put('state', now.state);
  put('left', now.left ? `${now.left} left` : '');
  const bar = row.querySelector('progress');
  if (bar && now.percent !== null) bar.value = now.percent;
}

// The list anew, without touching what is typed above it.
async function look() {
  const answer = await fetch('/exports', { headers: { Accept: 'text/html' } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById('files');
  if (fresh) files().replaceWith(document.adoptNode(fresh));
  listen();
}

// To the exports that the list shows as open: the server also tells of one that has ended since.
let source;
function listen() {
  source?.close();
  const open = [...files().querySelectorAll('progress')].map((bar) => `open=${bar.closest('tr').dataset.export}`);
  if (open.length === 0) return;
  source = new EventSource(`/exports/events?${open.join('&')}`);
  source.addEventListener('export', show);
}

function chooseColumns() {
  const chosen = document.getElementById('Entity');
  const tables = chosen.selectedOptions[0].dataset.tables.split(' ');
  for (const fieldset of document.querySelectorAll('#columns fieldset')) {
    fieldset.hidden = fieldset.disabled = !tables.includes(fieldset.dataset.table);
  }
}

if (document.getElementById('choose')) {
  document.getElementById('Entity').addEventListener('change', chooseColumns);
  chooseColumns();
}
listen();

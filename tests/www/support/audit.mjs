// What every view owes to those who use a keyboard, a screen reader, or tired eyes. Runs in the page; returns complaints.

export function audit() {
  const complaints = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true });
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const label = (element) => element.outerHTML.slice(0, 120);
  const complain = (what, element) => complaints.push(element ? `${what}: ${label(element)}` : what);

  const nameOf = (element) =>
    (
      element.getAttribute('aria-label') ??
      element
        .getAttribute('aria-labelledby')
        ?.split(' ')
        .map((id) => document.getElementById(id)?.textContent ?? '')
        .join(' ') ??
      [...(element.labels ?? [])].map((one) => one.textContent).join(' ') + element.textContent
    ).trim();

  if (!document.documentElement.lang) complain('the document names no language');
  if (!document.title) complain('the document has no title');
  for (const landmark of ['main', 'header', 'footer']) {
    if (all(`body > ${landmark}`).length !== 1) complain(`not one ${landmark}`);
  }
  if (document.querySelectorAll('h1').length !== 1) complain(`${document.querySelectorAll('h1').length} h1`);
  let level = 0;
  for (const heading of document.querySelectorAll('main :is(h1, h2, h3, h4)')) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) complain('a level of headings is left out', heading);
    level = next;
  }
  for (const element of all('input, select, textarea, button, a[href], summary, progress, nav, [role=region]')) {
    if (!nameOf(element)) complain('no name', element);
  }
  for (const input of all('input')) {
    if (!input.labels?.length && !input.getAttribute('aria-label')) complain('no label', input);
  }
  for (const element of all('[tabindex]')) {
    if (element.tabIndex > 0) complain('a tab order of its own', element);
  }
  for (const id of [...document.querySelectorAll('[id]')]
    .map((element) => element.id)
    .filter((one, at, ids) => ids.indexOf(one) !== at)) {
    complain(`the id ${id} is there twice`);
  }
  for (const element of document.querySelectorAll(
    '[aria-controls], [aria-labelledby], [aria-describedby], label[for]',
  )) {
    for (const attribute of ['aria-controls', 'aria-labelledby', 'aria-describedby', 'for']) {
      for (const id of element.getAttribute(attribute)?.split(' ') ?? []) {
        if (!document.getElementById(id)) complain(`${attribute} points nowhere`, element);
      }
    }
  }
  for (const link of document.querySelectorAll('a[href]')) {
    const outside = !link.getAttribute('href').startsWith('#');
    if (outside && !/^https?:/.test(link.href)) complain('a link that is not http(s)', link);
    if (outside && link.rel !== 'noopener noreferrer')
      complain('a link out of the page that lets the other side know', link);
  }
  if (!document.querySelector('[aria-live]')) complain('no live region');
  if (document.documentElement.scrollWidth > window.innerWidth)
    complain(`${document.documentElement.scrollWidth - window.innerWidth} px too wide`);

  // WCAG 2.2, 1.4.3: 4.5 between text and what is behind it.
  for (const element of all('body *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!hasText || element.closest('.visually-hidden, .skip, :disabled')) continue;
    const ratio = contrast(channels(getComputedStyle(element).color), groundOf(element));
    if (ratio < 4.5) complain(`contrast ${ratio.toFixed(2)}`, element);
  }
  return complaints;

  function channels(color) {
    return color.match(/[\d.]+/g).map(Number);
  }
  function groundOf(element) {
    for (let one = element; one; one = one.parentElement) {
      const color = channels(getComputedStyle(one).backgroundColor);
      if (color[3] !== 0) return color;
    }
    return [255, 255, 255];
  }
  function contrast(one, other) {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  }
  function luminance([red, green, blue]) {
    const [r, g, b] = [red, green, blue].map((value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
}

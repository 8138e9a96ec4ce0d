import { useEffect, useRef } from 'react';

import type { LoginRequest } from './use-registry';

export function LoginDialog({ challenge, answer }: LoginRequest) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);

  const submit = (form: FormData) =>
    answer({ username: String(form.get('username')), password: String(form.get('password')) });

  return (
    <dialog ref={dialog} onCancel={() => answer()}>
      <form action={submit}>
        <h2>Log in to {new URL(challenge.registry).host}</h2>
        {challenge.refused && <p role="alert">The user name or password was refused.</p>}
        <label>
          User name <input name="username" autoComplete="username" required />
        </label>
        <label>
          Password <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <button type="submit">Log in</button>
        <button type="button" onClick={() => answer()}>
          Cancel
        </button>
      </form>
    </dialog>
  );
}

// What can be done with tags: `{ id, caption, needs: 'one' | 'some', open({ session, repository, tags }) }`.

export const tagActions = [];

// English texts of the join page's newer parts, by key.
export const enJoin = {
  "share.asked_title": "Share your screen?",
  "share.asked_text": "You are asked to show your screen to the conference.",
  "share.asked_yes": "Share…",
  "camera.moved": "The operator moves your camera.",
};

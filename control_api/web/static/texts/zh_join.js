// 入会页面较新部分的中文文字，按键排列。
export const zhJoin = {
  "share.asked_title": "共享您的屏幕？",
  "share.asked_text": "会议请您共享屏幕（辅流）。",
  "share.asked_yes": "共享…",
  "camera.moved": "操作员正在控制您的摄像机。",
};

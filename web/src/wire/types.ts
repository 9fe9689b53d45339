import type { components } from "./api";

type Schemas = components["schemas"];

export type Item = string | number;
export type ClassView = Schemas["Class"];
export type Content = Schemas["Content"];
export type FieldOf = Schemas["FieldOf"];
export type Suggestion = Schemas["Suggestion"];
export type Why = Schemas["Why"];
export type Question = Schemas["Question"];
export type Quality = Schemas["Quality"];
export type Learner = Schemas["Learner"];
export type Verdict = Schemas["Verdict"];
export type Progress = Schemas["Progress"];
export type Settings = Schemas["Settings"];
export type CampaignView = Schemas["CampaignView"];
export type NextReply = Schemas["NextReply"];
export type Answer = Schemas["Answer"];
export type AnswersReply = Schemas["AnswersReply"];
export type CurvePoint = Schemas["CurvePoint"];
export type Pace = Schemas["Pace"];
export type Anchoring = Schemas["Anchoring"];
export type ModelPoint = Schemas["ModelPoint"];
export type Dashboard = Schemas["Dashboard"];
export type Problem = Schemas["Problem"];
export type Done = Schemas["Done"];
export type RetractReply = Schemas["RetractReply"];
export type SettingsRequest = Schemas["SettingsRequest"];

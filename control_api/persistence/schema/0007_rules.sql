-- What control alone keeps of a conference: who may come in, who may watch (JSON).
ALTER TABLE conferences ADD COLUMN rules TEXT NOT NULL DEFAULT '{}';

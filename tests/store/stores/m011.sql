BEGIN TRANSACTION;
CREATE TABLE "audio" (
   "track_id" TEXT PRIMARY KEY REFERENCES "track"("id"),
   "address" TEXT NOT NULL,
   "owned" INTEGER NOT NULL,
   "sha256" TEXT NOT NULL,
   "n_bytes" INTEGER NOT NULL,
   "provider" TEXT NOT NULL,
   "keep" INTEGER NOT NULL,
   "stored_at" TEXT NOT NULL,
   "deleted_at" TEXT
);
CREATE TABLE "collection" (
   "id" TEXT PRIMARY KEY,
   "kind" TEXT NOT NULL,
   "title" TEXT NOT NULL,
   "url" TEXT,
   "crawled_at" TEXT
);
INSERT INTO "collection" VALUES('spotify:playlist:1','playlist','Mixtape',NULL,'2026-11-30T09:18:05+00:00');
CREATE TABLE "collection_track" (
   "collection_id" TEXT REFERENCES "collection"("id"),
   "position" INTEGER,
   "track_id" TEXT NOT NULL REFERENCES "track"("id"),
   PRIMARY KEY ("collection_id", "position")
);
INSERT INTO "collection_track" VALUES('spotify:playlist:1',0,'spotify:track:0000000000000000000001');
INSERT INTO "collection_track" VALUES('spotify:playlist:1',1,'file:00000000000000000000000000000002');
CREATE TABLE "discarded_audio" (
   "address" TEXT PRIMARY KEY
);
CREATE TABLE "dropped_track" (
   "collection_id" TEXT REFERENCES "collection"("id"),
   "track_id" TEXT REFERENCES "track"("id"),
   PRIMARY KEY ("collection_id", "track_id")
);
CREATE TABLE "embedding" (
   "track_id" TEXT REFERENCES "track"("id"),
   "model" TEXT,
   "vector" BLOB NOT NULL,
   "tags" BLOB NOT NULL,
   "provider" TEXT NOT NULL,
   "audio_sha256" TEXT NOT NULL,
   "created_at" TEXT NOT NULL, "excerpts" INTEGER NOT NULL DEFAULT 1, "has_more" INTEGER NOT NULL DEFAULT 0,
   PRIMARY KEY ("track_id", "model")
);
INSERT INTO "embedding" VALUES('spotify:track:0000000000000000000001','choi-1',X'0000803F000000000000803F',X'0000803F000000000000803F','file','0000000000000000000000000000000000000000000000000000000000000000','2026-11-30T00:00:00+00:00',1,0);
INSERT INTO "embedding" VALUES('file:00000000000000000000000000000002','choi-1',X'0000803F0000803F0000803F',X'0000803F0000803F0000803F','file','1111111111111111111111111111111111111111111111111111111111111111','2026-11-30T00:00:00+00:00',1,0);
CREATE TABLE "failure" (
   "track_id" TEXT REFERENCES "track"("id"),
   "stage" TEXT,
   "reason" TEXT NOT NULL,
   "message" TEXT NOT NULL,
   "attempts" INTEGER NOT NULL,
   "failed_at" TEXT NOT NULL,
   PRIMARY KEY ("track_id", "stage")
);
CREATE TABLE "local_file" (
   "path" TEXT PRIMARY KEY,
   "n_bytes" INTEGER NOT NULL,
   "mtime_ns" INTEGER NOT NULL,
   "track_id" TEXT NOT NULL REFERENCES "track"("id")
, "sound" TEXT, "mount" TEXT);
INSERT INTO "local_file" VALUES('/music/tune.flac',1000,1700000000000000000,'file:00000000000000000000000000000002','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','/music');
CREATE TABLE "made_by" (
   "rules" TEXT PRIMARY KEY,
   "version" INTEGER NOT NULL
);
INSERT INTO "made_by" VALUES('recordings',1);
CREATE TABLE "preview_outcome" (
   "track_id" TEXT REFERENCES "track"("id"),
   "provider" TEXT,
   "outcome" TEXT NOT NULL,
   "reason" TEXT,
   "reference" TEXT,
   "asked_at" TEXT NOT NULL,
   "ask_again_at" TEXT,
   PRIMARY KEY ("track_id", "provider")
);
CREATE TABLE "removed_track" (
   "id" TEXT PRIMARY KEY,
   "sound" TEXT
);
CREATE TABLE "server_item" (
   "server" TEXT,
   "item_id" TEXT,
   "track_id" TEXT NOT NULL REFERENCES "track"("id"),
   "path" TEXT,
   "n_bytes" INTEGER,
   "cover_id" TEXT,
   "musicbrainz_id" TEXT,
   "listed_at" TEXT NOT NULL,
   PRIMARY KEY ("server", "item_id")
);
INSERT INTO "server_item" VALUES('aaaaaaaaaaaa','tr-1','spotify:track:0000000000000000000001','a.mp3',5,NULL,NULL,'2026-11-30T00:00:00+00:00');
CREATE TABLE "taste" (
   "id" INTEGER PRIMARY KEY,
   "thing" TEXT NOT NULL,
   "verb" TEXT NOT NULL,
   "name" TEXT NOT NULL,
   "artists" TEXT NOT NULL,
   "track_id" TEXT,
   "source" TEXT NOT NULL,
   "said_at" TEXT NOT NULL
);
CREATE TABLE "taste_key" (
   "key" TEXT,
   "taste_id" INTEGER REFERENCES "taste"("id"),
   PRIMARY KEY ("key", "taste_id")
);
CREATE TABLE "track" (
   "id" TEXT PRIMARY KEY,
   "title" TEXT NOT NULL,
   "artists" TEXT NOT NULL,
   "album" TEXT,
   "isrc" TEXT,
   "duration_ms" INTEGER,
   "release_date" TEXT,
   "explicit" INTEGER,
   "url" TEXT,
   "path" TEXT,
   "preview_url" TEXT,
   "recording_key" TEXT,
   "search_text" TEXT NOT NULL,
   "in_catalogue" INTEGER NOT NULL,
   "added_at" TEXT NOT NULL
, "crawled_singly" INTEGER NOT NULL DEFAULT 0, "genre" TEXT, "mood" TEXT, "bpm" REAL, "musical_key" TEXT);
INSERT INTO "track" VALUES('spotify:track:0000000000000000000001','Halo','["Beyoncé"]','I Am','USSM10804556',NULL,NULL,NULL,NULL,NULL,NULL,'beyonce	halo','halo beyonce',1,'2026-11-30T09:18:05+00:00',1,NULL,NULL,NULL,NULL);
INSERT INTO "track" VALUES('file:00000000000000000000000000000002','Tune','["Band"]',NULL,NULL,NULL,NULL,NULL,NULL,'/music/tune.flac',NULL,'band	tune','tune band',1,'2026-11-30T09:18:05+00:00',0,NULL,NULL,NULL,NULL);
CREATE TABLE "track_alias" (
   "alias" TEXT PRIMARY KEY,
   "track_id" TEXT NOT NULL REFERENCES "track"("id")
);
INSERT INTO "track_alias" VALUES('deezer:track:1','spotify:track:0000000000000000000001');
CREATE UNIQUE INDEX "idx_track_isrc"
    ON "track" ("isrc");
CREATE INDEX "idx_track_recording_key"
    ON "track" ("recording_key");
CREATE INDEX "idx_collection_track_track_id"
    ON "collection_track" ("track_id");
CREATE INDEX "idx_audio_sha256"
    ON "audio" ("sha256");
CREATE INDEX "idx_embedding_audio_sha256"
    ON "embedding" ("audio_sha256");
CREATE INDEX "idx_dropped_track_track_id"
    ON "dropped_track" ("track_id");
CREATE INDEX "idx_track_alias_track_id"
    ON "track_alias" ("track_id");
CREATE INDEX "idx_local_file_track_id"
    ON "local_file" ("track_id");
CREATE INDEX "idx_embedding_model_track_id"
    ON "embedding" ("model", "track_id");
CREATE TRIGGER seed_is_crawled after update of in_catalogue on track
    when new.in_catalogue and not old.in_catalogue
    begin
        update embedding set rowid = (select max(rowid) from embedding) + (
            select count(*) from embedding as up_to where up_to.track_id = new.id and up_to.model <= embedding.model
        ) where track_id = new.id;
    end;
CREATE INDEX "idx_local_file_sound"
    ON "local_file" ("sound");
CREATE INDEX "idx_local_file_mount"
    ON "local_file" ("mount");
CREATE INDEX "idx_track_path"
    ON "track" ("path");
CREATE INDEX "idx_audio_address"
    ON "audio" ("address");
CREATE INDEX "idx_removed_track_sound"
    ON "removed_track" ("sound");
CREATE INDEX idx_embedding_excerpts on embedding (model, excerpts, track_id, has_more) where has_more;
CREATE INDEX "idx_server_item_track_id"
    ON "server_item" ("track_id");
CREATE INDEX "idx_server_item_item_id"
    ON "server_item" ("item_id");
CREATE INDEX "idx_server_item_server_n_bytes"
    ON "server_item" ("server", "n_bytes");
CREATE INDEX "idx_taste_verb_thing"
    ON "taste" ("verb", "thing");
CREATE INDEX "idx_taste_key_taste_id"
    ON "taste_key" ("taste_id");
PRAGMA user_version = 11;
PRAGMA application_id = 1397772116;
COMMIT;

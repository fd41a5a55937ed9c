BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'journal','1 facts, known intents and the rows of the board','2026-11-22 22:25:41.621764+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'journal','2 dead letters are found among a million facts','2026-11-22 22:25:41.622282+00:00');
CREATE TABLE "about" (
   "name" TEXT PRIMARY KEY,
   "value" TEXT
);
INSERT INTO "about" VALUES('journal','7702d34f41fa4989b14cf2cd60ef5dd5');
CREATE TABLE closed (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE counters (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "counters" VALUES('store','{"seq":15,"updates":4,"receipted":0,"deadLetters":1,"heard":{"through":3,"sources":["/channels/test"],"since":1795386341.6290512},"connections":0,"backfills":0}');
CREATE TABLE "facts" (
   "seq" INTEGER PRIMARY KEY,
   "at" REAL,
   "by" TEXT,
   "intent" TEXT,
   "subject" INTEGER,
   "kind" TEXT,
   "body" TEXT
);
INSERT INTO "facts" VALUES(1,1.79538634162636137007e+09,'cloud',NULL,1,'OrderPlaced','{"type":"OrderPlaced","order":{"id":"o-1","displayId":"A1","created":1795309200.0,"arrived":1795386341.6263614,"customer":"王女士","items":[{"id":"1","name":"草莓蛋糕","code":"cake-8","quantity":"1","bakery":{"allergens":["egg"]},"route":["baking","frosting"],"since":1795386341.6263614}],"stamp":{"source":"/channels/test","id":"e-1","time":1795386341.626009,"sequence":1}}}');
INSERT INTO "facts" VALUES(2,1.79538634162636137007e+09,'cloud',NULL,1,'ItemStarted','{"type":"ItemStarted","order":"o-1","item":"1","stage":"baking","station":"oven","implied":true}');
INSERT INTO "facts" VALUES(3,1.79538634162636137007e+09,'cloud',NULL,1,'SlotTaken','{"type":"SlotTaken","order":"o-1","station":"oven","number":1}');
INSERT INTO "facts" VALUES(4,1.79538634162636137007e+09,'cloud',NULL,1,'TicketQueued','{"type":"TicketQueued","order":"o-1","job":"4","printer":"kitchen","kind":"kitchen","items":["1"]}');
INSERT INTO "facts" VALUES(5,1.79538634162781262403e+09,'cloud',NULL,5,'OrderPlaced','{"type":"OrderPlaced","order":{"id":"o-2","displayId":"A2","created":1795309200.0,"arrived":1795386341.6278126,"customer":"王女士","items":[{"id":"1","name":"草莓蛋糕","code":"cake-8","quantity":"1","bakery":{"allergens":["egg"]},"route":["baking","frosting"],"since":1795386341.6278126}],"stamp":{"source":"/channels/test","id":"e-2","time":1795386341.6275725,"sequence":2}}}');
INSERT INTO "facts" VALUES(6,1.79538634162781262403e+09,'cloud',NULL,5,'ItemStarted','{"type":"ItemStarted","order":"o-2","item":"1","stage":"baking","station":"oven","implied":true}');
INSERT INTO "facts" VALUES(7,1.79538634162781262403e+09,'cloud',NULL,5,'SlotTaken','{"type":"SlotTaken","order":"o-2","station":"oven","number":2}');
INSERT INTO "facts" VALUES(8,1.79538634162781262403e+09,'cloud',NULL,5,'TicketQueued','{"type":"TicketQueued","order":"o-2","job":"8","printer":"kitchen","kind":"kitchen","items":["1"]}');
INSERT INTO "facts" VALUES(9,1.79538634162923359865e+09,'cloud',NULL,9,'OrderPlaced','{"type":"OrderPlaced","order":{"id":"o-3","displayId":"A3","state":"held","created":1795309200.0,"arrived":1795386341.6292336,"due":4099019400.0,"scheduled":true,"release":4099015800.0,"customer":"王女士","items":[{"id":"1","name":"草莓蛋糕","code":"cake-8","quantity":"1","bakery":{"allergens":["egg"]},"route":["baking","frosting"],"since":1795386341.6292336}],"stamp":{"source":"/channels/test","id":"e-3","time":1795386341.6290512,"sequence":3}}}');
INSERT INTO "facts" VALUES(10,1.79538634162923359865e+09,'cloud',NULL,9,'OrderHeld','{"type":"OrderHeld","order":"o-3","release":4099015800.0}');
INSERT INTO "facts" VALUES(11,1.79538634162979245188e+09,'keypad:oven-pad',NULL,1,'ItemFinished','{"type":"ItemFinished","order":"o-1","item":"1","stage":"baking","station":"oven","move":11}');
INSERT INTO "facts" VALUES(12,1.79538634162979245188e+09,'keypad:oven-pad',NULL,1,'ItemStarted','{"type":"ItemStarted","order":"o-1","item":"1","stage":"frosting","station":"decorating","move":11,"implied":true}');
INSERT INTO "facts" VALUES(13,1.79538634162979245188e+09,'keypad:oven-pad',NULL,1,'SlotFreed','{"type":"SlotFreed","order":"o-1","station":"oven","number":1,"until":1795386941.6297925}');
INSERT INTO "facts" VALUES(14,1.79538634162979245188e+09,'keypad:oven-pad',NULL,1,'SlotTaken','{"type":"SlotTaken","order":"o-1","station":"decorating","number":1}');
INSERT INTO "facts" VALUES(15,1.7953863416304819584e+09,'cloud',NULL,NULL,'DeadLetterKept','{"type":"DeadLetterKept","letter":"0000000000000000","topic":"orders","reason":"is not JSON","size":6,"sha256":"0000000000000000000000000000000000000000000000000000000000000000","payload":"Y3J1bWJz"}');
CREATE TABLE jobs (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "jobs" VALUES('4','{"id":"4","printer":"kitchen","kind":"kitchen","order":"o-1","items":["1"],"at":1795386341.6263614}');
INSERT INTO "jobs" VALUES('8','{"id":"8","printer":"kitchen","kind":"kitchen","order":"o-2","items":["1"],"at":1795386341.6278126}');
CREATE TABLE known (digest BLOB PRIMARY KEY, seq INTEGER NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE orders (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "orders" VALUES('o-1','{"id":"o-1","displayId":"A1","number":1,"revision":14,"created":1795309200.0,"arrived":1795386341.6263614,"customer":"王女士","items":[{"id":"1","name":"草莓蛋糕","code":"cake-8","quantity":"1","bakery":{"allergens":["egg"]},"route":["baking","frosting"],"place":1,"moment":"started","since":1795386341.6297925,"moves":[[11,"oven",0,"started",1795386341.6263614]]}],"marks":[["decorating","new"],["decorating","allergen"]],"slots":{"decorating":1},"stamp":{"source":"/channels/test","id":"e-1","time":1795386341.626009,"sequence":1},"graced":["2","11","12"],"jobs":["4"]}');
INSERT INTO "orders" VALUES('o-2','{"id":"o-2","displayId":"A2","number":5,"revision":8,"created":1795309200.0,"arrived":1795386341.6278126,"customer":"王女士","items":[{"id":"1","name":"草莓蛋糕","code":"cake-8","quantity":"1","bakery":{"allergens":["egg"]},"route":["baking","frosting"],"moment":"started","since":1795386341.6278126}],"marks":[["oven","new"],["oven","allergen"]],"slots":{"oven":2},"stamp":{"source":"/channels/test","id":"e-2","time":1795386341.6275725,"sequence":2},"graced":["6"],"jobs":["8"]}');
INSERT INTO "orders" VALUES('o-3','{"id":"o-3","displayId":"A3","number":9,"revision":10,"state":"held","created":1795309200.0,"arrived":1795386341.6292336,"due":4099019400.0,"scheduled":true,"release":4099015800.0,"customer":"王女士","items":[{"id":"1","name":"草莓蛋糕","code":"cake-8","quantity":"1","bakery":{"allergens":["egg"]},"route":["baking","frosting"],"since":1795386341.6292336}],"stamp":{"source":"/channels/test","id":"e-3","time":1795386341.6290512,"sequence":3}}');
CREATE TABLE outbox (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "outbox" VALUES('1','{"id":"1","kind":"order.accepted","at":1795386341.6263614,"by":"cloud","leaves":1795386341.6263614,"sequence":1,"order":"o-1","displayId":"A1","event":"e-1"}');
INSERT INTO "outbox" VALUES('11','{"id":"11","kind":"item.finished","at":1795386341.6297925,"by":"keypad:oven-pad","leaves":1795386941.6297925,"order":"o-1","displayId":"A1","move":11,"item":"1","name":"草莓蛋糕","stage":"baking","station":"oven","quantity":"1"}');
INSERT INTO "outbox" VALUES('12','{"id":"12","kind":"item.started","at":1795386341.6297925,"by":"keypad:oven-pad","leaves":1795386941.6297925,"order":"o-1","displayId":"A1","move":11,"item":"1","name":"草莓蛋糕","stage":"frosting","station":"decorating","quantity":"1","implied":true}');
INSERT INTO "outbox" VALUES('15','{"id":"15","kind":"order.rejected","at":1795386341.630482,"by":"cloud","leaves":1795386341.630482,"sequence":4,"reason":"is not JSON"}');
INSERT INTO "outbox" VALUES('2','{"id":"2","kind":"item.started","at":1795386341.6263614,"by":"cloud","leaves":1795386941.6263614,"order":"o-1","displayId":"A1","item":"1","name":"草莓蛋糕","stage":"baking","station":"oven","quantity":"1","implied":true}');
INSERT INTO "outbox" VALUES('5','{"id":"5","kind":"order.accepted","at":1795386341.6278126,"by":"cloud","leaves":1795386341.6278126,"sequence":2,"order":"o-2","displayId":"A2","event":"e-2"}');
INSERT INTO "outbox" VALUES('6','{"id":"6","kind":"item.started","at":1795386341.6278126,"by":"cloud","leaves":1795386941.6278126,"order":"o-2","displayId":"A2","item":"1","name":"草莓蛋糕","stage":"baking","station":"oven","quantity":"1","implied":true}');
INSERT INTO "outbox" VALUES('9','{"id":"9","kind":"order.accepted","at":1795386341.6292336,"by":"cloud","leaves":1795386341.6292336,"sequence":3,"order":"o-3","displayId":"A3","event":"e-3"}');
CREATE TABLE stations (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "stations" VALUES('oven','{"resting":[[1,1795386941.6297925,"o-1"]],"moves":[[11,"o-1",1]]}');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX "idx_facts_subject"
    ON "facts" ("subject");
CREATE INDEX letters ON facts (seq) WHERE kind IN ('DeadLetterKept', 'LetterRead');
COMMIT;

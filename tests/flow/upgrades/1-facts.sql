BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'journal','1 facts, known intents and the rows of the board','2026-11-22 22:25:41.321310+00:00');
CREATE TABLE "about" (
   "name" TEXT PRIMARY KEY,
   "value" TEXT
);
INSERT INTO "about" VALUES('journal','5025e59993b442d292bfc22be3ff9da8');
CREATE TABLE closed (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE counters (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "counters" VALUES('store','{"seq":15,"updates":4,"receipted":0,"deadLetters":1,"heard":{"through":3,"sources":["/channels/test"],"since":1795386341.3285573},"connections":0,"backfills":0}');
CREATE TABLE "facts" (
   "seq" INTEGER PRIMARY KEY,
   "at" REAL,
   "by" TEXT,
   "intent" TEXT,
   "subject" INTEGER,
   "kind" TEXT,
   "body" TEXT
);
INSERT INTO "facts" VALUES(1,1.7953863413264997005e+09,'cloud',NULL,1,'OrderPlaced','{"type":"OrderPlaced","order":{"id":"o-1","displayId":"A1","created":1795309200.0,"arrived":1795386341.3264997,"customer":"王女士","items":[{"id":"1","name":"草莓蛋糕","code":"cake-8","quantity":"1","bakery":{"allergens":["egg"]},"route":["baking","frosting"],"since":1795386341.3264997}],"stamp":{"source":"/channels/test","id":"e-1","time":1795386341.3260937,"sequence":1}}}');
INSERT INTO "facts" VALUES(2,1.7953863413264997005e+09,'cloud',NULL,1,'ItemStarted','{"type":"ItemStarted","order":"o-1","item":"1","stage":"baking","station":"oven","implied":true}');
INSERT INTO "facts" VALUES(3,1.7953863413264997005e+09,'cloud',NULL,1,'SlotTaken','{"type":"SlotTaken","order":"o-1","station":"oven","number":1}');
INSERT INTO "facts" VALUES(4,1.7953863413264997005e+09,'cloud',NULL,1,'TicketQueued','{"type":"TicketQueued","order":"o-1","job":"4","printer":"kitchen","kind":"kitchen","items":["1"]}');
INSERT INTO "facts" VALUES(5,1.7953863413277204036e+09,'cloud',NULL,5,'OrderPlaced','{"type":"OrderPlaced","order":{"id":"o-2","displayId":"A2","created":1795309200.0,"arrived":1795386341.3277204,"customer":"王女士","items":[{"id":"1","name":"草莓蛋糕","code":"cake-8","quantity":"1","bakery":{"allergens":["egg"]},"route":["baking","frosting"],"since":1795386341.3277204}],"stamp":{"source":"/channels/test","id":"e-2","time":1795386341.3275065,"sequence":2}}}');
INSERT INTO "facts" VALUES(6,1.7953863413277204036e+09,'cloud',NULL,5,'ItemStarted','{"type":"ItemStarted","order":"o-2","item":"1","stage":"baking","station":"oven","implied":true}');
INSERT INTO "facts" VALUES(7,1.7953863413277204036e+09,'cloud',NULL,5,'SlotTaken','{"type":"SlotTaken","order":"o-2","station":"oven","number":2}');
INSERT INTO "facts" VALUES(8,1.7953863413277204036e+09,'cloud',NULL,5,'TicketQueued','{"type":"TicketQueued","order":"o-2","job":"8","printer":"kitchen","kind":"kitchen","items":["1"]}');
INSERT INTO "facts" VALUES(9,1.79538634132873582832e+09,'cloud',NULL,9,'OrderPlaced','{"type":"OrderPlaced","order":{"id":"o-3","displayId":"A3","state":"held","created":1795309200.0,"arrived":1795386341.3287358,"due":4099019400.0,"scheduled":true,"release":4099015800.0,"customer":"王女士","items":[{"id":"1","name":"草莓蛋糕","code":"cake-8","quantity":"1","bakery":{"allergens":["egg"]},"route":["baking","frosting"],"since":1795386341.3287358}],"stamp":{"source":"/channels/test","id":"e-3","time":1795386341.3285573,"sequence":3}}}');
INSERT INTO "facts" VALUES(10,1.79538634132873582832e+09,'cloud',NULL,9,'OrderHeld','{"type":"OrderHeld","order":"o-3","release":4099015800.0}');
INSERT INTO "facts" VALUES(11,1.79538634132929277422e+09,'keypad:oven-pad',NULL,1,'ItemFinished','{"type":"ItemFinished","order":"o-1","item":"1","stage":"baking","station":"oven","move":11}');
INSERT INTO "facts" VALUES(12,1.79538634132929277422e+09,'keypad:oven-pad',NULL,1,'ItemStarted','{"type":"ItemStarted","order":"o-1","item":"1","stage":"frosting","station":"decorating","move":11,"implied":true}');
INSERT INTO "facts" VALUES(13,1.79538634132929277422e+09,'keypad:oven-pad',NULL,1,'SlotFreed','{"type":"SlotFreed","order":"o-1","station":"oven","number":1,"until":1795386941.3292928}');
INSERT INTO "facts" VALUES(14,1.79538634132929277422e+09,'keypad:oven-pad',NULL,1,'SlotTaken','{"type":"SlotTaken","order":"o-1","station":"decorating","number":1}');
INSERT INTO "facts" VALUES(15,1.79538634133003640169e+09,'cloud',NULL,NULL,'DeadLetterKept','{"type":"DeadLetterKept","letter":"0000000000000000","topic":"orders","reason":"is not JSON","size":6,"sha256":"0000000000000000000000000000000000000000000000000000000000000000","payload":"Y3J1bWJz"}');
CREATE TABLE jobs (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "jobs" VALUES('4','{"id":"4","printer":"kitchen","kind":"kitchen","order":"o-1","items":["1"],"at":1795386341.3264997}');
INSERT INTO "jobs" VALUES('8','{"id":"8","printer":"kitchen","kind":"kitchen","order":"o-2","items":["1"],"at":1795386341.3277204}');
CREATE TABLE known (digest BLOB PRIMARY KEY, seq INTEGER NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE orders (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "orders" VALUES('o-1','{"id":"o-1","displayId":"A1","number":1,"revision":14,"created":1795309200.0,"arrived":1795386341.3264997,"customer":"王女士","items":[{"id":"1","name":"草莓蛋糕","code":"cake-8","quantity":"1","bakery":{"allergens":["egg"]},"route":["baking","frosting"],"place":1,"moment":"started","since":1795386341.3292928,"moves":[[11,"oven",0,"started",1795386341.3264997]]}],"marks":[["decorating","new"],["decorating","allergen"]],"slots":{"decorating":1},"stamp":{"source":"/channels/test","id":"e-1","time":1795386341.3260937,"sequence":1},"graced":["2","11","12"],"jobs":["4"]}');
INSERT INTO "orders" VALUES('o-2','{"id":"o-2","displayId":"A2","number":5,"revision":8,"created":1795309200.0,"arrived":1795386341.3277204,"customer":"王女士","items":[{"id":"1","name":"草莓蛋糕","code":"cake-8","quantity":"1","bakery":{"allergens":["egg"]},"route":["baking","frosting"],"moment":"started","since":1795386341.3277204}],"marks":[["oven","new"],["oven","allergen"]],"slots":{"oven":2},"stamp":{"source":"/channels/test","id":"e-2","time":1795386341.3275065,"sequence":2},"graced":["6"],"jobs":["8"]}');
INSERT INTO "orders" VALUES('o-3','{"id":"o-3","displayId":"A3","number":9,"revision":10,"state":"held","created":1795309200.0,"arrived":1795386341.3287358,"due":4099019400.0,"scheduled":true,"release":4099015800.0,"customer":"王女士","items":[{"id":"1","name":"草莓蛋糕","code":"cake-8","quantity":"1","bakery":{"allergens":["egg"]},"route":["baking","frosting"],"since":1795386341.3287358}],"stamp":{"source":"/channels/test","id":"e-3","time":1795386341.3285573,"sequence":3}}');
CREATE TABLE outbox (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "outbox" VALUES('1','{"id":"1","kind":"order.accepted","at":1795386341.3264997,"by":"cloud","leaves":1795386341.3264997,"sequence":1,"order":"o-1","displayId":"A1","event":"e-1"}');
INSERT INTO "outbox" VALUES('11','{"id":"11","kind":"item.finished","at":1795386341.3292928,"by":"keypad:oven-pad","leaves":1795386941.3292928,"order":"o-1","displayId":"A1","move":11,"item":"1","name":"草莓蛋糕","stage":"baking","station":"oven","quantity":"1"}');
INSERT INTO "outbox" VALUES('12','{"id":"12","kind":"item.started","at":1795386341.3292928,"by":"keypad:oven-pad","leaves":1795386941.3292928,"order":"o-1","displayId":"A1","move":11,"item":"1","name":"草莓蛋糕","stage":"frosting","station":"decorating","quantity":"1","implied":true}');
INSERT INTO "outbox" VALUES('15','{"id":"15","kind":"order.rejected","at":1795386341.3300364,"by":"cloud","leaves":1795386341.3300364,"sequence":4,"reason":"is not JSON"}');
INSERT INTO "outbox" VALUES('2','{"id":"2","kind":"item.started","at":1795386341.3264997,"by":"cloud","leaves":1795386941.3264997,"order":"o-1","displayId":"A1","item":"1","name":"草莓蛋糕","stage":"baking","station":"oven","quantity":"1","implied":true}');
INSERT INTO "outbox" VALUES('5','{"id":"5","kind":"order.accepted","at":1795386341.3277204,"by":"cloud","leaves":1795386341.3277204,"sequence":2,"order":"o-2","displayId":"A2","event":"e-2"}');
INSERT INTO "outbox" VALUES('6','{"id":"6","kind":"item.started","at":1795386341.3277204,"by":"cloud","leaves":1795386941.3277204,"order":"o-2","displayId":"A2","item":"1","name":"草莓蛋糕","stage":"baking","station":"oven","quantity":"1","implied":true}');
INSERT INTO "outbox" VALUES('9','{"id":"9","kind":"order.accepted","at":1795386341.3287358,"by":"cloud","leaves":1795386341.3287358,"sequence":3,"order":"o-3","displayId":"A3","event":"e-3"}');
CREATE TABLE stations (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "stations" VALUES('oven','{"resting":[[1,1795386941.3292928,"o-1"]],"moves":[[11,"o-1",1]]}');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX "idx_facts_subject"
    ON "facts" ("subject");
COMMIT;

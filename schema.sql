-- 调用日志|Call log
CREATE TABLE "ApiLog" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "tm" DATETIME,
  "addr" NVARCHAR(128),
  "ua" NVARCHAR(255),
  "app" NVARCHAR(32),
  "ses" NVARCHAR(32),
  "userId" INTEGER,
  "ac" NVARCHAR(64),
  "t" INTEGER,
  "retval" INTEGER,
  "req" NTEXT,
  "res" NTEXT,
  "reqsz" INTEGER,
  "ressz" INTEGER,
  "ver" NVARCHAR(32),
  "serverRev" NVARCHAR(10),
  "seq" INTEGER,
  "hash" NVARCHAR(64)
);
CREATE INDEX "idx_ApiLog_tm" ON "ApiLog" ("tm");
CREATE INDEX "idx_ApiLog_userId_id" ON "ApiLog" ("userId", "id");
CREATE INDEX "idx_ApiLog_ac_id" ON "ApiLog" ("ac", "id");
CREATE UNIQUE INDEX "uk_ApiLog_seq" ON "ApiLog" ("seq");

-- 批处理日志|Batch items
CREATE TABLE "ApiLog1" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "apiLogId" INTEGER,
  "ac" NVARCHAR(64),
  "t" INTEGER,
  "retval" INTEGER,
  "req" NTEXT,
  "res" NTEXT,
  "seq" INTEGER,
  "hash" NVARCHAR(64)
);
CREATE INDEX "idx_ApiLog1_apiLogId" ON "ApiLog1" ("apiLogId");
CREATE UNIQUE INDEX "uk_ApiLog1_seq" ON "ApiLog1" ("seq");

-- 操作日志|Object log
CREATE TABLE "ObjLog" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "obj" NVARCHAR(64),
  "objId" INTEGER,
  "dscr" NVARCHAR(50),
  "apiLogId" INTEGER,
  "apiLog1Id" INTEGER,
  "changes" NTEXT,
  "seq" INTEGER,
  "hash" NVARCHAR(64)
);
CREATE INDEX "idx_ObjLog_obj_objId" ON "ObjLog" ("obj", "objId");
CREATE INDEX "idx_ObjLog_apiLogId" ON "ObjLog" ("apiLogId");
CREATE UNIQUE INDEX "uk_ObjLog_seq" ON "ObjLog" ("seq");

CREATE TABLE "AuditMark" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "tm" DATETIME,
  "seq" INTEGER,
  "hash" NVARCHAR(64),
  "note" NVARCHAR(255)
);

CREATE TABLE "Session" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "hash" NVARCHAR(64),
  "appType" NVARCHAR(16),
  "uid" INTEGER,
  "version" INTEGER,
  "vars" NTEXT,
  "createMs" INTEGER,
  "seenMs" INTEGER
);
CREATE UNIQUE INDEX "uk_Session_hash" ON "Session" ("hash");
CREATE INDEX "idx_Session_appType_uid" ON "Session" ("appType", "uid");
CREATE INDEX "idx_Session_seenMs" ON "Session" ("seenMs");

CREATE TABLE "Token" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "hash" NVARCHAR(64),
  "appType" NVARCHAR(16),
  "uid" INTEGER,
  "version" INTEGER,
  "createMs" INTEGER,
  "expireMs" INTEGER
);
CREATE UNIQUE INDEX "uk_Token_hash" ON "Token" ("hash");
CREATE INDEX "idx_Token_appType_uid" ON "Token" ("appType", "uid");

CREATE TABLE "Kv" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "k" NVARCHAR(255),
  "v" NTEXT,
  "expireMs" INTEGER
);
CREATE UNIQUE INDEX "uk_Kv_k" ON "Kv" ("k");

-- 用户|User
CREATE TABLE "User" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "uname" NVARCHAR(50),
  "phone" NVARCHAR(20),
  "pwd" NVARCHAR(128),
  "name" NVARCHAR(20),
  "picId" INTEGER,
  "createTm" DATETIME
);
CREATE UNIQUE INDEX "uk_User_uname" ON "User" ("uname");
CREATE UNIQUE INDEX "uk_User_phone" ON "User" ("phone");
CREATE INDEX "idx_User_createTm" ON "User" ("createTm");
CREATE INDEX "idx_User_picId" ON "User" ("picId");

-- 员工|Employee
CREATE TABLE "Employee" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "uname" NVARCHAR(50),
  "phone" NVARCHAR(20),
  "pwd" NVARCHAR(128),
  "name" NVARCHAR(20),
  "perms" NVARCHAR(50)
);
CREATE UNIQUE INDEX "uk_Employee_uname" ON "Employee" ("uname");
CREATE UNIQUE INDEX "uk_Employee_phone" ON "Employee" ("phone");

-- 产品信息|Product facts
CREATE TABLE "Cinf" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "name" NVARCHAR(20),
  "value" NTEXT,
  "version" NVARCHAR(50),
  "createTm" DATETIME,
  "upgradeTm" DATETIME
);
CREATE UNIQUE INDEX "uk_Cinf_name" ON "Cinf" ("name");

-- 弱密码|Weak passwords
CREATE TABLE "Pwd" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "pwd" NVARCHAR(50),
  "cnt" INTEGER
);
CREATE UNIQUE INDEX "uk_Pwd_pwd" ON "Pwd" ("pwd");

-- 附件|Attachment
CREATE TABLE "Attachment" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "path" NVARCHAR(255),
  "orgPicId" INTEGER,
  "exif" NTEXT,
  "tm" DATETIME,
  "orgName" NVARCHAR(255),
  "size" INTEGER,
  "mime" NVARCHAR(64),
  "userId" INTEGER,
  "ownerType" NVARCHAR(8),
  "kind" NVARCHAR(8),
  "category" NVARCHAR(32),
  "akey" NVARCHAR(32),
  "sha256" NVARCHAR(64)
);
CREATE INDEX "idx_Attachment_orgPicId" ON "Attachment" ("orgPicId");
CREATE INDEX "idx_Attachment_tm" ON "Attachment" ("tm");

CREATE TABLE "AttachmentGone" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "path" NVARCHAR(255),
  "tm" DATETIME
);

-- 订单|Order
CREATE TABLE "Ordr" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER,
  "createTm" DATETIME,
  "status" NVARCHAR(2),
  "amount" MONEY,
  "dscr" NVARCHAR(255),
  "cmt" NVARCHAR(255)
);
CREATE INDEX "idx_Ordr_userId_id" ON "Ordr" ("userId", "id");
CREATE INDEX "idx_Ordr_status_id" ON "Ordr" ("status", "id");
CREATE INDEX "idx_Ordr_createTm" ON "Ordr" ("createTm");

-- 订单日志|Order log
CREATE TABLE "OrderLog" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "orderId" INTEGER,
  "action" NVARCHAR(2),
  "tm" DATETIME,
  "dscr" NVARCHAR(50),
  "empId" INTEGER
);
CREATE INDEX "idx_OrderLog_orderId" ON "OrderLog" ("orderId");
CREATE INDEX "idx_OrderLog_empId" ON "OrderLog" ("empId");

-- 订单图片|Order picture
CREATE TABLE "OrderAtt" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "orderId" INTEGER,
  "attId" INTEGER
);
CREATE INDEX "idx_OrderAtt_orderId" ON "OrderAtt" ("orderId");
CREATE INDEX "idx_OrderAtt_attId" ON "OrderAtt" ("attId");

-- 客户端日志|Client log
CREATE TABLE "Syslog" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "module" NVARCHAR(20),
  "pri" NVARCHAR(3),
  "tm" DATETIME,
  "content" NTEXT,
  "apiLogId" INTEGER
);
CREATE INDEX "idx_Syslog_tm" ON "Syslog" ("tm");

-- 报表|Report
CREATE TABLE "Report" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "name" NVARCHAR(50),
  "obj" NVARCHAR(64),
  "def" NTEXT,
  "shareFlag" TINYINT NOT NULL DEFAULT 0,
  "empId" INTEGER,
  "tm" DATETIME
);
CREATE INDEX "idx_Report_empId" ON "Report" ("empId");

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

CREATE TABLE "AuditMark" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "tm" DATETIME,
  "seq" INTEGER,
  "hash" NVARCHAR(64),
  "note" NVARCHAR(255),
  "keyName" NVARCHAR(16),
  "mac" NVARCHAR(64)
);

CREATE TABLE "Session" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "hash" NVARCHAR(64),
  "appType" NVARCHAR(16),
  "uid" INTEGER,
  "version" INTEGER,
  "vars" NTEXT,
  "createMs" INTEGER,
  "seenMs" INTEGER,
  "addr" NVARCHAR(64),
  "agent" NVARCHAR(255)
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
  "expireMs" INTEGER,
  "seed" NVARCHAR(64),
  "turn" INTEGER,
  "turnMs" INTEGER,
  "seenMs" INTEGER,
  "addr" NVARCHAR(64),
  "agent" NVARCHAR(255)
);
CREATE UNIQUE INDEX "uk_Token_hash" ON "Token" ("hash");
CREATE INDEX "idx_Token_appType_uid" ON "Token" ("appType", "uid");

CREATE TABLE "Mfa" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "appType" NVARCHAR(16),
  "uid" INTEGER,
  "secret" NVARCHAR(255),
  "recoverySecret" NTEXT,
  "active" INTEGER,
  "step" INTEGER,
  "wrong" INTEGER,
  "blockedMs" INTEGER,
  "createMs" INTEGER
);
CREATE UNIQUE INDEX "uk_Mfa_appType_uid" ON "Mfa" ("appType", "uid");

CREATE TABLE "Kv" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "k" NVARCHAR(255),
  "v" NTEXT,
  "expireMs" INTEGER
);
CREATE UNIQUE INDEX "uk_Kv_k" ON "Kv" ("k");

CREATE TABLE "BatchBegun" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "tm" DATETIME,
  "addr" NVARCHAR(128),
  "ua" NVARCHAR(255),
  "app" NVARCHAR(32),
  "ses" NVARCHAR(32),
  "userId" INTEGER,
  "ac" NVARCHAR(64),
  "req" NTEXT,
  "ver" NVARCHAR(32),
  "serverRev" NVARCHAR(10)
);

CREATE TABLE "CallKey" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "appType" NVARCHAR(16),
  "uid" INTEGER,
  "k" NVARCHAR(255),
  "hash" NVARCHAR(64),
  "createMs" INTEGER,
  "answer" NTEXT
);
CREATE UNIQUE INDEX "uk_CallKey_appType_uid_k" ON "CallKey" ("appType", "uid", "k");
CREATE INDEX "idx_CallKey_createMs" ON "CallKey" ("createMs");

CREATE TABLE "CallWork" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "callId" INTEGER,
  "workId" INTEGER
);
CREATE INDEX "idx_CallWork_callId" ON "CallWork" ("callId");

-- 模拟调用日志|Mock calls
CREATE TABLE "MockLog" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "tm" DATETIME,
  "svc" NVARCHAR(20),
  "op" NVARCHAR(20),
  "req" NTEXT,
  "res" NTEXT,
  "failFlag" TINYINT NOT NULL DEFAULT 0
);
CREATE INDEX "idx_MockLog_svc_id" ON "MockLog" ("svc", "id");

-- 订阅推送|Webhook
CREATE TABLE "Webhook" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "name" NVARCHAR(50),
  "obj" NVARCHAR(50),
  "action" NVARCHAR(50),
  "cond" NVARCHAR(255),
  "url" NVARCHAR(255),
  "secret" NTEXT,
  "activeFlag" TINYINT NOT NULL DEFAULT 0,
  "createTm" DATETIME
);

-- 推送日志|Messages of webhooks
CREATE TABLE "WebhookLog" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "webhookId" INTEGER,
  "jobId" INTEGER,
  "msgId" NVARCHAR(64),
  "tm" DATETIME,
  "event" NVARCHAR(100),
  "attempt" INTEGER,
  "req" NTEXT,
  "code" INTEGER,
  "res" NTEXT,
  "ms" INTEGER,
  "error" NVARCHAR(255)
);
CREATE INDEX "idx_WebhookLog_webhookId_id" ON "WebhookLog" ("webhookId", "id");
CREATE INDEX "idx_WebhookLog_tm" ON "WebhookLog" ("tm");

-- 后台任务|Background job
CREATE TABLE "Job" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "queue" NVARCHAR(32),
  "kind" NVARCHAR(64),
  "args" NTEXT,
  "uniqueKey" NVARCHAR(64),
  "priority" INTEGER,
  "runTm" DATETIME,
  "attempt" INTEGER,
  "maxAttempt" INTEGER,
  "state" NVARCHAR(10),
  "leaseTm" DATETIME,
  "fence" INTEGER,
  "lastError" NTEXT,
  "result" NTEXT,
  "progress" NVARCHAR(255),
  "createTm" DATETIME,
  "doneTm" DATETIME,
  "orderKey" NVARCHAR(64),
  "runMs" INTEGER,
  "dueMs" INTEGER,
  "leaseMs" INTEGER
);
CREATE UNIQUE INDEX "uk_Job_uniqueKey_436c1ecd" ON "Job" ("uniqueKey") WHERE "doneTm" IS NULL;
CREATE INDEX "idx_Job_queue_priority_dueMs" ON "Job" ("queue", "priority", "dueMs");
CREATE INDEX "idx_Job_orderKey_doneTm" ON "Job" ("orderKey", "doneTm");
CREATE INDEX "idx_Job_state_doneTm" ON "Job" ("state", "doneTm");

-- 任务队列|Queue of jobs
CREATE TABLE "JobQueue" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "name" NVARCHAR(32),
  "pauseFlag" TINYINT NOT NULL DEFAULT 0,
  "tm" DATETIME
);
CREATE UNIQUE INDEX "uk_JobQueue_name" ON "JobQueue" ("name");

-- 定时任务|Schedule
CREATE TABLE "JobSchedule" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "name" NVARCHAR(64),
  "lastMs" INTEGER
);
CREATE UNIQUE INDEX "uk_JobSchedule_name" ON "JobSchedule" ("name");

-- 通知|Notification
CREATE TABLE "Notification" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "senderId" INTEGER,
  "receiverId" INTEGER,
  "type" INTEGER,
  "title" NVARCHAR(255),
  "content" NTEXT,
  "status" INTEGER,
  "createTm" DATETIME,
  "readTm" DATETIME,
  "event" NVARCHAR(64),
  "data" NTEXT,
  "text" NTEXT,
  "receiverKind" NVARCHAR(8),
  "senderKind" NVARCHAR(8),
  "senderName" NVARCHAR(20)
);
CREATE INDEX "idx_Notification_receiverId_status_id" ON "Notification" ("receiverId", "status", "id");
CREATE INDEX "idx_Notification_createTm" ON "Notification" ("createTm");

-- 通知发送记录|Delivery
CREATE TABLE "NotifyLog" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "event" NVARCHAR(64),
  "channel" NVARCHAR(16),
  "receiverId" INTEGER,
  "receiverKind" NVARCHAR(8),
  "title" NVARCHAR(255),
  "address" NVARCHAR(32),
  "state" NVARCHAR(8),
  "attempt" INTEGER,
  "cnt" INTEGER,
  "req" NTEXT,
  "answer" NTEXT,
  "error" NVARCHAR(255),
  "nextMs" INTEGER,
  "digestKey" NVARCHAR(64),
  "createTm" DATETIME,
  "doneTm" DATETIME
);
CREATE INDEX "idx_NotifyLog_nextMs" ON "NotifyLog" ("nextMs");
CREATE INDEX "idx_NotifyLog_digestKey" ON "NotifyLog" ("digestKey");
CREATE INDEX "idx_NotifyLog_receiverKind_receiverId" ON "NotifyLog" ("receiverKind", "receiverId");
CREATE INDEX "idx_NotifyLog_createTm" ON "NotifyLog" ("createTm");

-- 通知偏好|Preference
CREATE TABLE "NotifyPref" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "receiverKind" NVARCHAR(8),
  "receiverId" INTEGER,
  "event" NVARCHAR(64),
  "channel" NVARCHAR(16),
  "onFlag" TINYINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX "uk_NotifyPref_receiverKind_receiverId_event_channel" ON "NotifyPref" ("receiverKind", "receiverId", "event", "channel");

-- 通知设置|Setting
CREATE TABLE "NotifySetting" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "receiverKind" NVARCHAR(8),
  "receiverId" INTEGER,
  "quietFrom" NVARCHAR(5),
  "quietTo" NVARCHAR(5),
  "zone" NVARCHAR(64),
  "lang" NVARCHAR(2)
);
CREATE UNIQUE INDEX "uk_NotifySetting_receiverKind_receiverId" ON "NotifySetting" ("receiverKind", "receiverId");

-- 通知键|Key
CREATE TABLE "NotifyKey" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "hash" NVARCHAR(64),
  "createTm" DATETIME
);
CREATE UNIQUE INDEX "uk_NotifyKey_hash" ON "NotifyKey" ("hash");
CREATE INDEX "idx_NotifyKey_createTm" ON "NotifyKey" ("createTm");

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
CREATE INDEX "idx_Attachment_userId" ON "Attachment" ("userId");

-- 已清除的文件|Removed file
CREATE TABLE "AttachmentGone" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "path" NVARCHAR(255),
  "tm" DATETIME,
  "awaitedBy" NVARCHAR(32)
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

-- 角色|Role
CREATE TABLE "Role" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "name" NVARCHAR(64),
  "perms" NTEXT,
  "base" NVARCHAR(8),
  "matrix" NTEXT
);
CREATE UNIQUE INDEX "uk_Role_name" ON "Role" ("name");

-- 手表用户|Watch user
CREATE TABLE "WatchUser" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER,
  "type" INTEGER,
  "name" NVARCHAR(50),
  "picId" INTEGER,
  "appIdent" NVARCHAR(64),
  "mac" NVARCHAR(20),
  "facePersonNo" NVARCHAR(64),
  "faceGroup" NVARCHAR(50),
  "createTm" DATETIME
);
CREATE UNIQUE INDEX "uk_WatchUser_userId" ON "WatchUser" ("userId");
CREATE INDEX "idx_WatchUser_mac" ON "WatchUser" ("mac");

-- 人脸|Face
CREATE TABLE "UserFace" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER,
  "picId" INTEGER,
  "faceToken" NVARCHAR(64),
  "data" NTEXT,
  "createTm" DATETIME
);
CREATE INDEX "idx_UserFace_userId" ON "UserFace" ("userId");

-- 推送设备|Device token
CREATE TABLE "DeviceToken" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "token" NVARCHAR(64),
  "userId" INTEGER,
  "appIdent" NVARCHAR(64),
  "appVer" NVARCHAR(16),
  "createTm" DATETIME
);
CREATE UNIQUE INDEX "uk_DeviceToken_token" ON "DeviceToken" ("token");
CREATE INDEX "idx_DeviceToken_userId" ON "DeviceToken" ("userId");

-- 手表|Watch
CREATE TABLE "Watch" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "imei" NVARCHAR(20),
  "circleId" INTEGER,
  "bindTm" DATETIME,
  "imsi" NVARCHAR(20),
  "mac" NVARCHAR(20),
  "authcode" NVARCHAR(8),
  "status" INTEGER,
  "serverIp" NVARCHAR(45),
  "heartbeat" INTEGER,
  "fastCallPhone" NVARCHAR(20),
  "fallStatus" INTEGER,
  "lastTm" DATETIME,
  "lastAlmanacTm" DATETIME,
  "name" NVARCHAR(50),
  "picId" INTEGER,
  "phone" NVARCHAR(20),
  "gpsStartTm" DATETIME,
  "gpsStrategy" NVARCHAR(255),
  "softwareV" INTEGER,
  "bluetoothV" INTEGER,
  "customerId" INTEGER,
  "createTm" DATETIME
);
CREATE UNIQUE INDEX "uk_Watch_imei" ON "Watch" ("imei");
CREATE INDEX "idx_Watch_mac" ON "Watch" ("mac");
CREATE INDEX "idx_Watch_circleId" ON "Watch" ("circleId");

-- 手表闹钟|Watch alarm
CREATE TABLE "WatchAlarm" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "watchId" INTEGER,
  "alarmNo" NVARCHAR(8),
  "status" NVARCHAR(4),
  "cycle" NVARCHAR(20),
  "alarmTime" NVARCHAR(5),
  "label" NVARCHAR(50),
  "pattern" NVARCHAR(8),
  "createTm" DATETIME
);
CREATE UNIQUE INDEX "uk_WatchAlarm_watchId_alarmNo" ON "WatchAlarm" ("watchId", "alarmNo");

-- 手表勋章|Watch medal
CREATE TABLE "WatchMedal" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "watchId" INTEGER,
  "medalId" INTEGER,
  "createTm" DATETIME
);
CREATE UNIQUE INDEX "uk_WatchMedal_watchId_medalId" ON "WatchMedal" ("watchId", "medalId");

-- 读完的故事|Story read
CREATE TABLE "WatchStory" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "watchId" INTEGER,
  "storyId" INTEGER,
  "finishTm" DATETIME
);
CREATE UNIQUE INDEX "uk_WatchStory_watchId_storyId" ON "WatchStory" ("watchId", "storyId");

-- 蓝牙固件|Bluetooth firmware
CREATE TABLE "BluetoothVer" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "version" INTEGER,
  "attId" INTEGER,
  "createTm" DATETIME
);
CREATE UNIQUE INDEX "uk_BluetoothVer_version" ON "BluetoothVer" ("version");

-- 待发指令|Watch job
CREATE TABLE "WatchJob" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "imei" NVARCHAR(20),
  "itype" INTEGER,
  "mergeKey" NVARCHAR(64),
  "data" NTEXT,
  "tm" DATETIME
);
CREATE INDEX "idx_WatchJob_imei_id" ON "WatchJob" ("imei", "id");

-- 手表日志|Watch log
CREATE TABLE "WatchLog" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "imei" NVARCHAR(20),
  "event" NVARCHAR(4),
  "itype" INTEGER,
  "data" NTEXT,
  "tm" DATETIME
);
CREATE INDEX "idx_WatchLog_imei_tm" ON "WatchLog" ("imei", "tm");
CREATE INDEX "idx_WatchLog_tm" ON "WatchLog" ("tm");

-- GPS日志|GPS log
CREATE TABLE "WatchGpsLog" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "imei" NVARCHAR(20),
  "spendId" INTEGER,
  "sendTm" DATETIME,
  "recvTm" DATETIME,
  "spendSec" REAL,
  "lon" REAL,
  "lat" REAL,
  "address" NVARCHAR(255),
  "province" NVARCHAR(20),
  "city" NVARCHAR(20),
  "cityCode" NVARCHAR(8),
  "adCode" NVARCHAR(8)
);
CREATE INDEX "idx_WatchGpsLog_imei_sendTm" ON "WatchGpsLog" ("imei", "sendTm");
CREATE INDEX "idx_WatchGpsLog_spendId" ON "WatchGpsLog" ("spendId");

-- 圈子|Circle
CREATE TABLE "Circle" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "name" NVARCHAR(50),
  "email" NVARCHAR(64),
  "picId" INTEGER,
  "joinPwd" NVARCHAR(32),
  "brief" NVARCHAR(255),
  "tm" DATETIME,
  "createTm" DATETIME
);
CREATE UNIQUE INDEX "uk_Circle_email" ON "Circle" ("email");

-- 圈子成员|Circle member
CREATE TABLE "CircleUser" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "circleId" INTEGER,
  "userId" INTEGER,
  "name" NVARCHAR(50),
  "phone" NVARCHAR(20),
  "mac" NVARCHAR(20),
  "picId" INTEGER,
  "shareLocateFlag" TINYINT NOT NULL DEFAULT 0,
  "status" INTEGER,
  "joinTm" DATETIME,
  "tm" DATETIME
);
CREATE UNIQUE INDEX "uk_CircleUser_circleId_userId" ON "CircleUser" ("circleId", "userId");
CREATE INDEX "idx_CircleUser_userId_status" ON "CircleUser" ("userId", "status");

-- 圈子手表|Circle watch
CREATE TABLE "CircleWatch" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "circleId" INTEGER,
  "watchId" INTEGER,
  "imei" NVARCHAR(20),
  "name" NVARCHAR(50),
  "phone" NVARCHAR(20),
  "picId" INTEGER,
  "operatorId" INTEGER,
  "status" INTEGER,
  "tm" DATETIME
);
CREATE UNIQUE INDEX "uk_CircleWatch_circleId_watchId" ON "CircleWatch" ("circleId", "watchId");
CREATE INDEX "idx_CircleWatch_imei" ON "CircleWatch" ("imei");

-- 通讯录|Circle contact
CREATE TABLE "CircleContact" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "circleId" INTEGER,
  "phone" NVARCHAR(20),
  "name" NVARCHAR(50),
  "picId" INTEGER,
  "status" INTEGER,
  "tm" DATETIME
);
CREATE UNIQUE INDEX "uk_CircleContact_circleId_phone" ON "CircleContact" ("circleId", "phone");

-- 圈子消息|Circle message
CREATE TABLE "CircleMsg" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "circleId" INTEGER,
  "type" INTEGER,
  "content" NTEXT,
  "attId" INTEGER,
  "length" INTEGER,
  "percent" INTEGER,
  "storyId" INTEGER,
  "ext" NTEXT,
  "status" INTEGER,
  "sender" NVARCHAR(32),
  "senderType" INTEGER,
  "tm" DATETIME
);
CREATE INDEX "idx_CircleMsg_circleId_id" ON "CircleMsg" ("circleId", "id");

-- 手表位置|Watch position
CREATE TABLE "WatchLocate" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "imei" NVARCHAR(20),
  "circleId" INTEGER,
  "type" INTEGER,
  "lon" REAL,
  "lat" REAL,
  "rawLon" REAL,
  "rawLat" REAL,
  "radius" INTEGER,
  "address" NVARCHAR(255),
  "province" NVARCHAR(20),
  "city" NVARCHAR(20),
  "cityCode" NVARCHAR(8),
  "adCode" NVARCHAR(8),
  "tm" DATETIME
);
CREATE INDEX "idx_WatchLocate_imei_tm" ON "WatchLocate" ("imei", "tm");
CREATE INDEX "idx_WatchLocate_circleId" ON "WatchLocate" ("circleId");
CREATE VIRTUAL TABLE "geo_WatchLocate" USING rtree("id", "minX", "maxX", "minY", "maxY");
CREATE TRIGGER "geo_WatchLocate_insert" AFTER INSERT ON "WatchLocate" BEGIN
  INSERT OR REPLACE INTO "geo_WatchLocate" ("id", "minX", "maxX", "minY", "maxY")
  SELECT new."id", new."lon", new."lon", new."lat", new."lat"
  WHERE new."lon" IS NOT NULL AND new."lat" IS NOT NULL;
END;
CREATE TRIGGER "geo_WatchLocate_update" AFTER UPDATE OF "id", "lon", "lat" ON "WatchLocate" BEGIN
  DELETE FROM "geo_WatchLocate" WHERE "id" = old."id";
  INSERT OR REPLACE INTO "geo_WatchLocate" ("id", "minX", "maxX", "minY", "maxY")
  SELECT new."id", new."lon", new."lon", new."lat", new."lat"
  WHERE new."lon" IS NOT NULL AND new."lat" IS NOT NULL;
END;
CREATE TRIGGER "geo_WatchLocate_delete" AFTER DELETE ON "WatchLocate" BEGIN
  DELETE FROM "geo_WatchLocate" WHERE "id" = old."id";
END;

-- 手表轨迹|Watch track
CREATE TABLE "WatchLocus" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "imei" NVARCHAR(20),
  "circleId" INTEGER,
  "type" INTEGER,
  "lon" REAL,
  "lat" REAL,
  "radius" INTEGER,
  "lbsRadius" INTEGER,
  "address" NVARCHAR(255),
  "tm" DATETIME
);
CREATE INDEX "idx_WatchLocus_imei_tm" ON "WatchLocus" ("imei", "tm");

-- 用户位置|User position
CREATE TABLE "UserLocate" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER,
  "lon" REAL,
  "lat" REAL,
  "radius" INTEGER,
  "address" NVARCHAR(255),
  "province" NVARCHAR(20),
  "city" NVARCHAR(20),
  "cityCode" NVARCHAR(8),
  "adCode" NVARCHAR(8),
  "tm" DATETIME
);
CREATE INDEX "idx_UserLocate_userId_tm" ON "UserLocate" ("userId", "tm");
CREATE VIRTUAL TABLE "geo_UserLocate" USING rtree("id", "minX", "maxX", "minY", "maxY");
CREATE TRIGGER "geo_UserLocate_insert" AFTER INSERT ON "UserLocate" BEGIN
  INSERT OR REPLACE INTO "geo_UserLocate" ("id", "minX", "maxX", "minY", "maxY")
  SELECT new."id", new."lon", new."lon", new."lat", new."lat"
  WHERE new."lon" IS NOT NULL AND new."lat" IS NOT NULL;
END;
CREATE TRIGGER "geo_UserLocate_update" AFTER UPDATE OF "id", "lon", "lat" ON "UserLocate" BEGIN
  DELETE FROM "geo_UserLocate" WHERE "id" = old."id";
  INSERT OR REPLACE INTO "geo_UserLocate" ("id", "minX", "maxX", "minY", "maxY")
  SELECT new."id", new."lon", new."lon", new."lat", new."lat"
  WHERE new."lon" IS NOT NULL AND new."lat" IS NOT NULL;
END;
CREATE TRIGGER "geo_UserLocate_delete" AFTER DELETE ON "UserLocate" BEGIN
  DELETE FROM "geo_UserLocate" WHERE "id" = old."id";
END;

-- 用户轨迹|User track
CREATE TABLE "UserLocus" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER,
  "lon" REAL,
  "lat" REAL,
  "radius" INTEGER,
  "tm" DATETIME
);
CREATE INDEX "idx_UserLocus_userId_tm" ON "UserLocus" ("userId", "tm");

-- 应用版本|App version
CREATE TABLE "AppVersion" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "number" INTEGER,
  "name" NVARCHAR(50),
  "platform" NVARCHAR(16),
  "log" NTEXT,
  "attId" INTEGER,
  "createTm" DATETIME
);
CREATE UNIQUE INDEX "uk_AppVersion_platform_number" ON "AppVersion" ("platform", "number");

-- 邮件事件|Mail event
CREATE TABLE "Submail" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "email" NVARCHAR(64),
  "events" NVARCHAR(20),
  "messageNo" NVARCHAR(64),
  "sendNo" NVARCHAR(64),
  "tag" NVARCHAR(64),
  "ext" NTEXT,
  "tm" DATETIME
);
CREATE INDEX "idx_Submail_tm" ON "Submail" ("tm");

-- 横幅|Banner
CREATE TABLE "Banner" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "picId" INTEGER,
  "storyId" INTEGER,
  "url" NVARCHAR(255),
  "sort" INTEGER
);

-- 内容分类|App category
CREATE TABLE "AppCategory" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "code" NVARCHAR(20),
  "name" NVARCHAR(50),
  "picId" INTEGER,
  "picId2" INTEGER,
  "sort" INTEGER
);
CREATE UNIQUE INDEX "uk_AppCategory_code" ON "AppCategory" ("code");

-- 故事|Story
CREATE TABLE "Story" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "categoryId" INTEGER,
  "picId" INTEGER,
  "audioId" INTEGER,
  "audioType" NVARCHAR(4),
  "contentId" INTEGER,
  "title" NVARCHAR(255),
  "brief" NTEXT,
  "sendCnt" INTEGER,
  "createTm" DATETIME
);
CREATE INDEX "idx_Story_categoryId_id" ON "Story" ("categoryId", "id");
CREATE INDEX "idx_Story_categoryId_sendCnt" ON "Story" ("categoryId", "sendCnt");

-- 故事图片|Story picture
CREATE TABLE "StoryPic" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "storyId" INTEGER,
  "attId" INTEGER,
  "idx" INTEGER
);
CREATE UNIQUE INDEX "uk_StoryPic_storyId_idx" ON "StoryPic" ("storyId", "idx");

-- 故事段落|Story slice
CREATE TABLE "StorySlice" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "storyId" INTEGER,
  "idx" INTEGER,
  "txt" NTEXT,
  "picIdx" INTEGER,
  "ms" INTEGER
);
CREATE UNIQUE INDEX "uk_StorySlice_storyId_idx" ON "StorySlice" ("storyId", "idx");

-- 题目分类|Question category
CREATE TABLE "AnswerCategory" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "code" NVARCHAR(20),
  "name" NVARCHAR(50),
  "picId" INTEGER,
  "sort" INTEGER
);
CREATE UNIQUE INDEX "uk_AnswerCategory_code" ON "AnswerCategory" ("code");

-- 题目|Question
CREATE TABLE "AnswerQuestion" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "categoryId" INTEGER,
  "question" NVARCHAR(255),
  "answer" NVARCHAR(255),
  "opt" INTEGER
);
CREATE INDEX "idx_AnswerQuestion_categoryId" ON "AnswerQuestion" ("categoryId");

-- 答题记录|Answers
CREATE TABLE "WatchAnswer" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "imei" NVARCHAR(20),
  "num" INTEGER,
  "startTm" DATETIME,
  "endTm" DATETIME
);
CREATE INDEX "idx_WatchAnswer_imei_endTm" ON "WatchAnswer" ("imei", "endTm");

-- 答题明细|Answer
CREATE TABLE "WatchAnswerItem" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "answerId" INTEGER,
  "idx" INTEGER,
  "questionId" INTEGER,
  "result" INTEGER
);
CREATE UNIQUE INDEX "uk_WatchAnswerItem_answerId_idx" ON "WatchAnswerItem" ("answerId", "idx");

-- 积分|Score
CREATE TABLE "AnswerScore" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "imei" NVARCHAR(20),
  "score" INTEGER,
  "tm" DATETIME
);
CREATE UNIQUE INDEX "uk_AnswerScore_imei" ON "AnswerScore" ("imei");
CREATE INDEX "idx_AnswerScore_score" ON "AnswerScore" ("score");

-- 勋章|Medal
CREATE TABLE "Medal" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "code" NVARCHAR(20),
  "name" NVARCHAR(50),
  "picId" INTEGER,
  "sort" INTEGER
);
CREATE UNIQUE INDEX "uk_Medal_code" ON "Medal" ("code");

-- 勋章故事|Story of a medal
CREATE TABLE "MedalStory" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "medalId" INTEGER,
  "storyId" INTEGER,
  "idx" INTEGER
);
CREATE UNIQUE INDEX "uk_MedalStory_medalId_storyId" ON "MedalStory" ("medalId", "storyId");

-- 勋章题目|Question of a medal
CREATE TABLE "MedalQuestion" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "medalId" INTEGER,
  "questionId" INTEGER,
  "idx" INTEGER
);
CREATE UNIQUE INDEX "uk_MedalQuestion_medalId_questionId" ON "MedalQuestion" ("medalId", "questionId");
CREATE UNIQUE INDEX "uk_MedalQuestion_questionId" ON "MedalQuestion" ("questionId");

-- 广场帖子|Post
CREATE TABLE "Plaza" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER,
  "content" NTEXT,
  "likeCnt" INTEGER,
  "commentCnt" INTEGER,
  "lon" REAL,
  "lat" REAL,
  "address" NVARCHAR(255),
  "tm" DATETIME
);
CREATE INDEX "idx_Plaza_userId_id" ON "Plaza" ("userId", "id");
CREATE VIRTUAL TABLE "geo_Plaza" USING rtree("id", "minX", "maxX", "minY", "maxY");
CREATE TRIGGER "geo_Plaza_insert" AFTER INSERT ON "Plaza" BEGIN
  INSERT OR REPLACE INTO "geo_Plaza" ("id", "minX", "maxX", "minY", "maxY")
  SELECT new."id", new."lon", new."lon", new."lat", new."lat"
  WHERE new."lon" IS NOT NULL AND new."lat" IS NOT NULL;
END;
CREATE TRIGGER "geo_Plaza_update" AFTER UPDATE OF "id", "lon", "lat" ON "Plaza" BEGIN
  DELETE FROM "geo_Plaza" WHERE "id" = old."id";
  INSERT OR REPLACE INTO "geo_Plaza" ("id", "minX", "maxX", "minY", "maxY")
  SELECT new."id", new."lon", new."lon", new."lat", new."lat"
  WHERE new."lon" IS NOT NULL AND new."lat" IS NOT NULL;
END;
CREATE TRIGGER "geo_Plaza_delete" AFTER DELETE ON "Plaza" BEGIN
  DELETE FROM "geo_Plaza" WHERE "id" = old."id";
END;

-- 帖子图片|Picture of a post
CREATE TABLE "PlazaPic" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "plazaId" INTEGER,
  "attId" INTEGER,
  "idx" INTEGER
);
CREATE UNIQUE INDEX "uk_PlazaPic_plazaId_idx" ON "PlazaPic" ("plazaId", "idx");

-- 点赞|Like
CREATE TABLE "PlazaLike" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "plazaId" INTEGER,
  "userId" INTEGER,
  "tm" DATETIME
);
CREATE UNIQUE INDEX "uk_PlazaLike_plazaId_userId" ON "PlazaLike" ("plazaId", "userId");
CREATE INDEX "idx_PlazaLike_tm" ON "PlazaLike" ("tm");

-- 评论|Comment
CREATE TABLE "PlazaComment" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "plazaId" INTEGER,
  "userId" INTEGER,
  "content" NVARCHAR(255),
  "tm" DATETIME
);
CREATE INDEX "idx_PlazaComment_plazaId_id" ON "PlazaComment" ("plazaId", "id");

-- 商户|Trader
CREATE TABLE "TradeUser" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER,
  "type" INTEGER,
  "name" NVARCHAR(255),
  "nickname" NVARCHAR(50),
  "areaId" INTEGER,
  "wxOpen" NVARCHAR(64),
  "createTm" DATETIME
);
CREATE UNIQUE INDEX "uk_TradeUser_userId" ON "TradeUser" ("userId");

-- 商户品种|Trader's variety
CREATE TABLE "TradeUserVariety" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER,
  "varietyId" INTEGER
);
CREATE UNIQUE INDEX "uk_TradeUserVariety_userId_varietyId" ON "TradeUserVariety" ("userId", "varietyId");

-- 品种|Variety
CREATE TABLE "Variety" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "name" NVARCHAR(50),
  "origin" NVARCHAR(255)
);
CREATE UNIQUE INDEX "uk_Variety_name" ON "Variety" ("name");

-- 地区|Area
CREATE TABLE "Area" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "name" NVARCHAR(50),
  "fatherId" INTEGER,
  "position" NVARCHAR(255)
);
CREATE INDEX "idx_Area_fatherId" ON "Area" ("fatherId");

-- 采购单|Purchase
CREATE TABLE "Purchase" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER,
  "status" INTEGER,
  "title" NVARCHAR(255),
  "areaId" INTEGER,
  "term" INTEGER,
  "pay" NVARCHAR(255),
  "invoiceFlag" TINYINT NOT NULL DEFAULT 0,
  "remark" NTEXT,
  "createTm" DATETIME,
  "expireTm" DATETIME,
  "closeTm" DATETIME,
  "sealedFlag" TINYINT NOT NULL DEFAULT 0,
  "inviteFlag" TINYINT NOT NULL DEFAULT 0,
  "openFlag" TINYINT NOT NULL DEFAULT 0
);
CREATE INDEX "idx_Purchase_userId" ON "Purchase" ("userId");
CREATE INDEX "idx_Purchase_status_expireTm" ON "Purchase" ("status", "expireTm");
CREATE INDEX "idx_Purchase_openFlag_id" ON "Purchase" ("openFlag", "id");

-- 采购明细|Purchase line
CREATE TABLE "PurchaseItem" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "purchaseId" INTEGER,
  "varietyId" INTEGER,
  "name" NVARCHAR(50),
  "specification" NVARCHAR(255),
  "qty" MONEY,
  "unit" NVARCHAR(16),
  "price" MONEY,
  "quality" NTEXT,
  "origin" NVARCHAR(255),
  "viewCnt" INTEGER
);
CREATE INDEX "idx_PurchaseItem_purchaseId" ON "PurchaseItem" ("purchaseId");

-- 采购图片|Purchase picture
CREATE TABLE "PurchaseAtt" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "itemId" INTEGER,
  "attId" INTEGER,
  "type" INTEGER
);
CREATE UNIQUE INDEX "uk_PurchaseAtt_itemId_type" ON "PurchaseAtt" ("itemId", "type");
CREATE INDEX "idx_PurchaseAtt_attId" ON "PurchaseAtt" ("attId");

-- 受邀供应商|Invited supplier
CREATE TABLE "PurchaseInvite" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "purchaseId" INTEGER,
  "userId" INTEGER
);
CREATE UNIQUE INDEX "uk_PurchaseInvite_purchaseId_userId" ON "PurchaseInvite" ("purchaseId", "userId");
CREATE INDEX "idx_PurchaseInvite_userId" ON "PurchaseInvite" ("userId");

-- 采购日志|Purchase log
CREATE TABLE "PurchaseLog" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "purchaseId" INTEGER,
  "action" NVARCHAR(2),
  "tm" DATETIME,
  "dscr" NVARCHAR(255),
  "userId" INTEGER,
  "empId" INTEGER
);
CREATE INDEX "idx_PurchaseLog_purchaseId" ON "PurchaseLog" ("purchaseId");

-- 报价|Quote
CREATE TABLE "Quote" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER,
  "itemId" INTEGER,
  "quality" NTEXT,
  "price" MONEY,
  "priceDscr" NTEXT,
  "status" INTEGER,
  "message" NTEXT,
  "state" INTEGER,
  "createTm" DATETIME,
  "updateTm" DATETIME,
  "purchaseId" INTEGER,
  "buyerId" INTEGER,
  "sealedFlag" TINYINT NOT NULL DEFAULT 0,
  "version" INTEGER,
  "validDt" DATE,
  "leadDays" INTEGER,
  "minQty" MONEY,
  "taxRate" MONEY
);
CREATE UNIQUE INDEX "uk_Quote_userId_itemId_3bd2a508" ON "Quote" ("userId", "itemId") WHERE "state" <> 2;
CREATE INDEX "idx_Quote_itemId" ON "Quote" ("itemId");
CREATE INDEX "idx_Quote_userId_createTm" ON "Quote" ("userId", "createTm");
CREATE INDEX "idx_Quote_purchaseId" ON "Quote" ("purchaseId");
CREATE INDEX "idx_Quote_buyerId" ON "Quote" ("buyerId");

-- 报价版本|Quote revision
CREATE TABLE "QuoteRev" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "quoteId" INTEGER,
  "version" INTEGER,
  "quality" NTEXT,
  "price" MONEY,
  "priceDscr" NTEXT,
  "tm" DATETIME,
  "validDt" DATE,
  "leadDays" INTEGER,
  "minQty" MONEY,
  "taxRate" MONEY
);
CREATE UNIQUE INDEX "uk_QuoteRev_quoteId_version" ON "QuoteRev" ("quoteId", "version");

-- 报价图片|Quote picture
CREATE TABLE "QuoteAtt" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "quoteId" INTEGER,
  "attId" INTEGER,
  "type" INTEGER
);
CREATE UNIQUE INDEX "uk_QuoteAtt_quoteId_type" ON "QuoteAtt" ("quoteId", "type");
CREATE INDEX "idx_QuoteAtt_attId" ON "QuoteAtt" ("attId");

-- 采购订单|Purchase order
CREATE TABLE "PurchaseOrder" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "no" NVARCHAR(32),
  "purchaseId" INTEGER,
  "buyerId" INTEGER,
  "supplierId" INTEGER,
  "status" NVARCHAR(2),
  "total" MONEY,
  "createTm" DATETIME,
  "remark" NTEXT
);
CREATE UNIQUE INDEX "uk_PurchaseOrder_no" ON "PurchaseOrder" ("no");
CREATE INDEX "idx_PurchaseOrder_purchaseId" ON "PurchaseOrder" ("purchaseId");
CREATE INDEX "idx_PurchaseOrder_buyerId" ON "PurchaseOrder" ("buyerId");
CREATE INDEX "idx_PurchaseOrder_supplierId" ON "PurchaseOrder" ("supplierId");

-- 采购订单明细|Order line
CREATE TABLE "PurchaseOrderItem" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "orderId" INTEGER,
  "itemId" INTEGER,
  "quoteId" INTEGER,
  "name" NVARCHAR(50),
  "unit" NVARCHAR(16),
  "qty" MONEY,
  "price" MONEY,
  "amount" MONEY
);
CREATE INDEX "idx_PurchaseOrderItem_orderId" ON "PurchaseOrderItem" ("orderId");
CREATE INDEX "idx_PurchaseOrderItem_quoteId" ON "PurchaseOrderItem" ("quoteId");

-- 编号序列|Number series
CREATE TABLE "TradeSeries" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "series" NVARCHAR(64),
  "lastNo" INTEGER
);
CREATE UNIQUE INDEX "uk_TradeSeries_series" ON "TradeSeries" ("series");

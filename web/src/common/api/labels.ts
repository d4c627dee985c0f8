// Labels for fields that their plugin left without one: a number that refers to an object is called like that object,
// and what is called the same everywhere has its word here. A label of the server always wins.
import type { Field, ObjectInfo, ObjectMeta } from "./meta";

const COMMON: Record<string, string> = {
  ac: "动作|Action",
  address: "地址|Address",
  adCode: "区划代码|District code",
  apiLogId: "调用|Call",
  apiLog1Id: "批处理项|Batch item",
  attId: "文件|File",
  city: "城市|City",
  cityCode: "城市代码|City code",
  content: "内容|Content",
  createTm: "创建时间|Created",
  data: "数据|Data",
  email: "邮箱|E-mail",
  empName: "员工|Employee",
  empPhone: "员工手机|Employee’s phone",
  endTm: "结束时间|Ended",
  error: "错误|Error",
  events: "事件|Event",
  ext: "附加信息|Extra",
  finishTm: "完成时间|Finished",
  idx: "序号|Position",
  imei: "手表序列号|IMEI",
  imsi: "IMSI",
  itype: "指令|Instruction",
  lat: "纬度|Latitude",
  liking: "我赞过|I like it",
  lon: "经度|Longitude",
  mac: "MAC 地址|MAC address",
  name: "名称|Name",
  obj: "对象|Object",
  objId: "对象编号|Object no.",
  ownerType: "所属对象|Owner",
  category: "类别|Category",
  path: "路径|Path",
  percent: "电量%|Battery %",
  phone: "电话|Phone",
  picId: "图片|Picture",
  picId2: "图片二|Second picture",
  picIdx: "图片序号|Picture no.",
  province: "省份|Province",
  radius: "半径(米)|Radius (m)",
  rawLat: "原始纬度|Raw latitude",
  rawLon: "原始经度|Raw longitude",
  recvTm: "接收时间|Received",
  req: "请求|Request",
  res: "应答|Answer",
  retval: "返回码|Code",
  sendTm: "发送时间|Sent",
  serverIp: "服务器地址|Server address",
  gpsStartTm: "GPS 开始时间|GPS since",
  lastAlmanacTm: "最近星历|Last almanac",
  sha256: "SHA-256",
  sort: "顺序|Order",
  startTm: "开始时间|Started",
  status: "状态|Status",
  t: "耗时|Time taken",
  tag: "标签|Tag",
  tm: "时间|Time",
  tries: "次数|Tries",
  url: "链接|Link",
  userName: "用户|User",
};

function labelOf(field: Field, objects: Map<string, string>): string {
  if (field.label && field.label !== field.name) return field.label;
  // A reference by name only (`userId`) where the server declares none.
  const referred = field.ref?.obj ?? `${field.name.charAt(0).toUpperCase()}${field.name.slice(1).replace(/Id$/, "")}`;
  const named = COMMON[field.name] ?? (field.name.endsWith("Id") ? objects.get(referred) : undefined);
  return named || field.label || field.name;
}

/** The same metadata, with a label for every field that can have one. */
export function labelled(meta: ObjectMeta, all: ObjectInfo[]): ObjectMeta {
  const objects = new Map(all.map((one) => [one.obj, one.label]));
  const fields = (list: Field[]) => list.map((field) => ({ ...field, label: labelOf(field, objects) }));
  return { ...meta, fields: fields(meta.fields), subs: meta.subs.map((sub) => ({ ...sub, fields: fields(sub.fields) })) };
}

import "@/common/style/tokens.css";
import "@/common/style/base.css";
import "@/common/style/element.css";
